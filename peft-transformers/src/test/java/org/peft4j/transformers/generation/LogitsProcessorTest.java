package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.internal.logits.LogitsProcessor;
import org.peft4j.transformers.internal.logits.RepetitionPenalty;
import org.peft4j.transformers.internal.logits.Softmax;

/** Processors change logits as those of transformers do. */
class LogitsProcessorTest {
  private static final Path FOLDER = Golden.folder("logits_processors");
  private static final int PROMPT = 4;
  private static final int MOST = 7;
  private static final Set<Integer> ENDS = Set.of(2, 13);
  private static final Path EXPECTED = FOLDER.resolve("expected.safetensors");

  static List<Map.Entry<String, JsonNode>> cases() throws IOException {
    JsonNode cases = new JsonMapper().readTree(FOLDER.resolve("case.json").toFile());
    return List.copyOf(cases.properties());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void processorsAgreeWithTheReference(Map.Entry<String, JsonNode> golden) {
    String own = golden.getKey() + ".input_ids";
    int[][] ids =
        Golden.integers(EXPECTED, Golden.has(EXPECTED, own) ? own : "input_ids").toIntMatrix();
    float[][] input = matrix(golden.getKey() + ".input");
    float[][] output = matrix(golden.getKey() + ".output");
    float[][] probabilities = matrix(golden.getKey() + ".probabilities");
    for (int row = 0; row < ids.length; row++) {
      int[] prompt = Arrays.copyOf(ids[row], PROMPT);
      List<LogitsProcessor> processors =
          Processors.of(config(golden.getValue()), PROMPT, MOST, ENDS, prompt);
      float[] scores = input[row];
      for (LogitsProcessor processor : processors) {
        scores = processor.apply(ids[row], scores);
      }

      assertThat(scores).containsExactly(output[row], within(1e-6f));
      assertThat(Softmax.of(scores)).containsExactly(probabilities[row], within(1e-6f));
    }
    assertThat(input).isDeepEqualTo(matrix(golden.getKey() + ".input"));
  }

  @Test
  void greedyGenerationKeepsThePenaltyAlone() {
    GenerationConfig config =
        GenerationConfig.builder().repetitionPenalty(1.3).temperature(0.7).topP(0.8).build();

    assertThat(Processors.of(config, PROMPT, MOST, ENDS, new int[PROMPT]))
        .containsExactly(new RepetitionPenalty(1.3));
  }

  private static GenerationConfig config(JsonNode json) {
    return GenerationConfig.builder()
        .doSample(true)
        .repetitionPenalty(json.path("repetition_penalty").asDouble(1))
        .temperature(json.path("temperature").asDouble(1))
        .topK(json.path("top_k").asInt(0))
        .topP(json.path("top_p").asDouble(1))
        .minP(json.path("min_p").asDouble(0))
        .typicalP(json.path("typical_p").asDouble(1))
        .minLength(json.path("min_length").asInt(0))
        .minNewTokens(json.path("min_new_tokens").asInt(0))
        .noRepeatNgramSize(json.path("no_repeat_ngram_size").asInt(0))
        .encoderNoRepeatNgramSize(json.path("encoder_no_repeat_ngram_size").asInt(0))
        .encoderRepetitionPenalty(json.path("encoder_repetition_penalty").asDouble(1))
        .numBeams(json.path("num_beams").asInt(1))
        .badWordsIds(lists(json.path("bad_words_ids")))
        .suppressTokens(ids(json.path("suppress_tokens")))
        .beginSuppressTokens(ids(json.path("begin_suppress_tokens")))
        .forcedEosTokenIds(ids(json.path("forced_eos_token_id")))
        .build();
  }

  private static List<Integer> ids(JsonNode json) {
    List<Integer> ids = new ArrayList<>();
    json.forEach(id -> ids.add(id.asInt()));
    return ids;
  }

  private static List<List<Integer>> lists(JsonNode json) {
    List<List<Integer>> lists = new ArrayList<>();
    json.forEach(list -> lists.add(ids(list)));
    return lists;
  }

  private static float[][] matrix(String name) {
    return Golden.floats(EXPECTED, name).toFloatMatrix();
  }
}
