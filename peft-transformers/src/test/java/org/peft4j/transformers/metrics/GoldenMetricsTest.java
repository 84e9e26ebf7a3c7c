package org.peft4j.transformers.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.transformers.Golden;

/**
 * All metrics give what their Python packages give: random examples, one class, constants, nothing
 * to find, odd texts.
 */
class GoldenMetricsTest {
  private static final JsonMapper JSON = new JsonMapper();

  private static final Map<String, BiFunction<JsonNode, JsonNode, Scores>> METRICS =
      Map.of(
          "classes", (p, a) -> ClassMetrics.of(as(p, int[].class), as(a, int[].class)),
          "labels", (p, a) -> LabelMetrics.of(booleans(p), booleans(a)),
          "numbers", (p, a) -> NumberMetrics.of(as(p, double[].class), as(a, double[].class)),
          "tags", (p, a) -> EntityMetrics.of(lists(p), lists(a)),
          "answers", (p, a) -> AnswerMetrics.of(texts(p), lists(a)),
          "texts", (p, a) -> TextMetrics.of(texts(p), texts(a)));

  static Stream<Arguments> cases() throws IOException {
    JsonNode all = JSON.readTree(Golden.folder("metrics.json").toFile());
    assertThat(all.fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(METRICS.keySet());
    return METRICS.keySet().stream()
        .flatMap(
            kind ->
                IntStream.range(0, all.path(kind).size())
                    .mapToObj(i -> Arguments.of(kind, i, all.path(kind).get(i))));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void scoresAreThoseOfTheReference(String kind, int number, JsonNode golden) {
    Scores scores =
        Objects.requireNonNull(METRICS.get(kind))
            .apply(golden.path("predicted"), golden.path("actual"));

    assertThat(scores.values().keySet())
        .containsExactlyElementsOf(() -> golden.path("scores").fieldNames());
    golden
        .path("scores")
        .properties()
        .forEach(
            expected -> {
              double score = scores.get(expected.getKey());
              if (expected.getValue().isNull()) {
                assertThat(score).as(expected.getKey()).isNaN();
              } else {
                double wanted = expected.getValue().asDouble();
                double rounding = 1e-12 * Math.max(1, Math.abs(wanted));
                assertThat(score).as(expected.getKey()).isCloseTo(wanted, within(rounding));
              }
            });
  }

  private static <T> T as(JsonNode node, Class<T> type) {
    return JSON.convertValue(node, type);
  }

  private static boolean[][] booleans(JsonNode node) {
    int[][] numbers = as(node, int[][].class);
    boolean[][] values = new boolean[numbers.length][];
    for (int i = 0; i < values.length; i++) {
      values[i] = new boolean[numbers[i].length];
      for (int j = 0; j < values[i].length; j++) {
        values[i][j] = numbers[i][j] == 1;
      }
    }
    return values;
  }

  private static List<String> texts(JsonNode node) {
    return JSON.convertValue(node, new TypeReference<List<String>>() {});
  }

  private static List<List<String>> lists(JsonNode node) {
    return JSON.convertValue(node, new TypeReference<List<List<String>>>() {});
  }
}
