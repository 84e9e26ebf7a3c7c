package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.TransformerModel;

/** Beam search, rules of tokens and encoder-decoders: ids are those of {@code generate}. */
class GoldenBeamsTest {
  private static final Path FILE = Golden.folder("generation/beams.safetensors");

  private static JsonNode json() throws IOException {
    return new JsonMapper().readTree(Golden.folder("generation/beams.json").toFile());
  }

  static List<String> bases() throws IOException {
    List<String> bases = new ArrayList<>();
    json().path("bases").forEach(base -> bases.add(base.asText()));
    return bases;
  }

  @ParameterizedTest
  @MethodSource("bases")
  void idsAreThoseOfTheReference(String base) throws IOException {
    int end = Golden.integers(FILE, base + ".end").getInt(0);
    int tokens = json().path("max_new_tokens").asInt();
    try (TransformerModel model = Golden.open(base)) {
      boolean encodes = model instanceof Seq2SeqLanguageModel;
      Generator generator =
          encodes
              ? Generator.of((Seq2SeqLanguageModel) model)
              : Generator.of((CausalLanguageModel) model);
      List<int[]> prompts = prompts(base, encodes);
      for (Map.Entry<String, JsonNode> options : json().path("options").properties()) {
        GenerationConfig config = config(options.getValue(), end).maxNewTokens(tokens).build();
        List<List<Integer>> expected = new ArrayList<>();
        int begin = encodes ? 1 : prompts.stream().mapToInt(p -> p.length).max().orElseThrow();
        for (int[] row : Golden.integers(FILE, base + "." + options.getKey()).toIntMatrix()) {
          expected.add(upTo(end, config, Arrays.copyOfRange(row, begin, row.length)));
        }

        assertThat(generator.generate(prompts, config).rows())
            .as(options.getKey())
            .extracting(GeneratedRow::tokens)
            .isEqualTo(expected);
      }
    }
  }

  /** Without what the reference fills finished rows up with. */
  private static List<Integer> upTo(int end, GenerationConfig config, int[] tokens) {
    List<Integer> row = Arrays.stream(tokens).boxed().toList();
    boolean ends = config.eosTokenIds().orElseThrow().contains(end);
    return ends && row.contains(end) ? row.subList(0, row.indexOf(end) + 1) : row;
  }

  private static List<int[]> prompts(String base, boolean encodes) {
    int[][] ids = Golden.integers(FILE, base + ".input_ids").toIntMatrix();
    int[][] mask = Golden.integers(FILE, base + ".attention_mask").toIntMatrix();
    List<int[]> prompts = new ArrayList<>();
    for (int row = 0; row < ids.length; row++) {
      int length = Arrays.stream(mask[row]).sum();
      int from = encodes ? 0 : ids[row].length - length;
      prompts.add(Arrays.copyOfRange(ids[row], from, from + length));
    }
    return prompts;
  }

  private static GenerationConfigBuilder config(JsonNode json, int end) {
    GenerationConfigBuilder builder =
        GenerationConfig.builder()
            .padTokenId(0)
            .eosTokenIds(json.has("eos_token_id") ? List.of(end) : List.of())
            .numBeams(json.path("num_beams").asInt(1))
            .numReturnSequences(json.path("num_return_sequences").asInt(1))
            .lengthPenalty(json.path("length_penalty").asDouble(1))
            .noRepeatNgramSize(json.path("no_repeat_ngram_size").asInt(0))
            .encoderNoRepeatNgramSize(json.path("encoder_no_repeat_ngram_size").asInt(0))
            .minNewTokens(json.path("min_new_tokens").asInt(0))
            .encoderRepetitionPenalty(json.path("encoder_repetition_penalty").asDouble(1))
            .repetitionPenalty(json.path("repetition_penalty").asDouble(1));
    JsonNode early = json.path("early_stopping");
    if (!early.isMissingNode()) {
      builder.earlyStopping(early.isTextual() ? EarlyStopping.NEVER : EarlyStopping.YES);
    }
    if (json.has("forced_bos_token_id")) {
      builder.forcedBosTokenId(json.path("forced_bos_token_id").asInt());
      builder.forcedEosTokenIds(List.of(json.path("forced_eos_token_id").asInt()));
    }
    return builder;
  }
}
