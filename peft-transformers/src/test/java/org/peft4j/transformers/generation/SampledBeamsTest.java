package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.TransformerModel;

/** Beam search whose steps draw tokens, as {@code generate} of transformers does. */
class SampledBeamsTest {
  private static final Path FILE = Golden.folder("generation/beams.safetensors");
  private static final int DRAWS = 4000;

  private static JsonNode json() throws IOException {
    return new JsonMapper().readTree(Golden.folder("generation/beams.json").toFile());
  }

  static Stream<String> bases() throws IOException {
    List<String> bases = new ArrayList<>();
    json().path("sampled_bases").forEach(base -> bases.add(base.asText()));
    return bases.stream();
  }

  /** Where a draw gives the likeliest tokens, all else is as in the reference. */
  @ParameterizedTest
  @MethodSource("bases")
  void withoutChanceIdsAreThoseOfTheReference(String base) throws IOException {
    int room = json().path("max_new_tokens").asInt();
    int end = Golden.integers(FILE, base + ".end").getInt(0);
    int[][] ids = Golden.integers(FILE, base + ".input_ids").toIntMatrix();
    int[][] mask = Golden.integers(FILE, base + ".attention_mask").toIntMatrix();
    try (TransformerModel model = Golden.open(base)) {
      boolean encodes = model instanceof Seq2SeqLanguageModel;
      int start = model.architecture().tokens().decoderStart().orElse(0);
      int[][] prompts = new int[ids.length][];
      Arrays.setAll(prompts, row -> encodes ? new int[] {start} : ids[row]);
      for (Map.Entry<String, JsonNode> each : json().path("sampled").properties()) {
        Set<Integer> ends = each.getValue().has("eos_token_id") ? Set.of(end) : Set.of();
        GenerationConfig config = config(each.getValue());
        List<BeamSearch.Row> rows = new ArrayList<>();
        for (int[] source : ids) {
          int length = prompts[0].length;
          rows.add(
              new BeamSearch.Row(
                  Processors.of(config, length, length + room, ends, source),
                  Continuations.LIKELIEST));
        }
        BeamSearch search =
            new BeamSearch(
                config.beams(),
                rows,
                room,
                ends.size(),
                text -> ends.contains(text[text.length - 1]));
        List<int[]> found;
        try (Steps steps = new Steps(model.graph(), encodes)) {
          if (encodes) {
            steps.encode(texts(ids, mask), 0);
          } else {
            steps.begin(mask);
          }
          found = search.run(steps, prompts);
        }
        int[][] expected = Golden.integers(FILE, base + ".sampled_" + each.getKey()).toIntMatrix();
        assertThat(found).as(each.getKey()).hasSize(expected.length);
        for (int row = 0; row < expected.length; row++) {
          int[] own = found.get(row);
          assertThat(own)
              .as(each.getKey() + " " + row)
              .containsExactly(Arrays.copyOf(expected[row], own.length));
        }
      }
    }
  }

  private static List<int[]> texts(int[][] ids, int[][] mask) {
    List<int[]> texts = new ArrayList<>();
    for (int row = 0; row < ids.length; row++) {
      texts.add(Arrays.copyOf(ids[row], Arrays.stream(mask[row]).sum()));
    }
    return texts;
  }

  private static GenerationConfig config(JsonNode json) {
    return GenerationConfig.builder()
        .doSample(true)
        .numBeams(json.path("num_beams").asInt())
        .numReturnSequences(json.path("num_return_sequences").asInt(1))
        .lengthPenalty(json.path("length_penalty").asDouble(1))
        .temperature(json.path("temperature").asDouble(1))
        .topK(json.path("top_k").asInt(50))
        .topP(json.path("top_p").asDouble(1))
        .typicalP(json.path("typical_p").asDouble(1))
        .build();
  }

  /** The distance of two distributions, half the sum of differences. */
  private static double distance(Map<List<Integer>, Double> a, Map<List<Integer>, Double> b) {
    Map<List<Integer>, Double> difference = new HashMap<>(a);
    b.forEach((text, share) -> difference.merge(text, -share, Double::sum));
    return difference.values().stream().mapToDouble(Math::abs).sum() / 2;
  }

  @Test
  void textsComeAsOftenAsInTheReference() throws IOException {
    Map<List<Integer>, Double> expected = new HashMap<>();
    int[][] texts = Golden.integers(FILE, "drawn.texts").toIntMatrix();
    int[] counts = Golden.integers(FILE, "drawn.counts").toIntVector();
    double all = Arrays.stream(counts).sum();
    for (int i = 0; i < texts.length; i++) {
      expected.put(List.of(texts[i][0], texts[i][1]), counts[i] / all);
    }
    JsonNode options = json().path("drawn");
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .eosTokenIds(List.of())
            .numBeams(options.path("num_beams").asInt())
            .temperature(options.path("temperature").asDouble())
            .topK(options.path("top_k").asInt())
            .maxNewTokens(options.path("max_new_tokens").asInt())
            .seed(3)
            .build();
    int[] prompt = Golden.integers(FILE, "llama.input_ids").toIntMatrix()[0];
    try (TransformerModel model = Golden.open("llama")) {
      Generator generator = Generator.of((CausalLanguageModel) model);
      Map<List<Integer>, Double> found = new HashMap<>();
      List<GeneratedRow> rows =
          generator.generate(Collections.nCopies(DRAWS, prompt), config).rows();
      rows.forEach(row -> found.merge(row.tokens(), 1.0 / DRAWS, Double::sum));

      // With 7 texts and so many draws, chance alone gives 0.01.
      assertThat(distance(found, expected)).isLessThan(0.03);
      assertThat(generator.generate(Collections.nCopies(9, prompt), config).rows())
          .isEqualTo(rows.subList(0, 9));
    }
  }

  /** The first of two draws is i, and the second j, with the probability p(i)·p(j) / (1 − p(i)). */
  @Test
  void drawsAreWithoutReplacementInTheirOrder() {
    float[][] sums = {{(float) Math.log(0.5), (float) Math.log(0.2)}, {(float) Math.log(0.3)}};
    sums[1] = new float[] {sums[1][0], Float.NEGATIVE_INFINITY};
    double[] p = {0.5, 0.2, 0.3, 0};
    Continuations drawn =
        Continuations.drawn(RandomGeneratorFactory.of("L64X128MixRandom").create(5));
    int draws = 40_000;
    double[][] counts = new double[4][4];
    for (int n = 0; n < draws; n++) {
      int[] found = drawn.choose(sums, 2);
      counts[found[0]][found[1]]++;
    }
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 4; j++) {
        double expected = i == j ? 0 : p[i] * p[j] / (1 - p[i]);
        double deviation = Math.sqrt(expected * (1 - expected) / draws);
        assertThat(Math.abs(counts[i][j] / draws - expected)).isLessThan(6 * deviation + 1e-12);
      }
    }
  }
}
