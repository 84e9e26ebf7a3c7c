package org.peft4j.transformers.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/** Scores, metrics without a reference package, and what all metrics refuse. */
class MetricsTest {
  @Test
  void scoresKeepTheirOrderAndPrint() {
    Scores scores =
        Scores.NONE
            .with("loss", 1.23456)
            .with("accuracy", 0.875)
            .with(new Scores(Map.of("pearson", Double.NaN)))
            .with("loss", 0.5);

    assertThat(scores).hasToString("loss 0.5000, accuracy 0.8750, pearson NaN");
    assertThat(scores.get("accuracy")).isEqualTo(0.875);
    assertThatThrownBy(() -> scores.get("f1"))
        .isInstanceOf(PeftException.class)
        .hasMessage("There is no score \"f1\". There are: loss, accuracy, pearson");
    assertThatThrownBy(() -> scores.values().put("f1", 1.0))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  /** The code of {@code docs/metrics.md}. */
  @Test
  void theGuidesExamplePrintsAsItSays() {
    Scores scores = ClassMetrics.of(new int[] {0, 1, 2, 2, 1}, new int[] {0, 1, 2, 1, 1});
    double accuracy = scores.get("accuracy");

    assertThat(accuracy).isEqualTo(0.8);
    assertThat(scores).hasToString("accuracy 0.8000, macro_f1 0.8222, matthews_correlation 0.7350");
  }

  @Test
  void tokensWithoutALabelDoNotCount() {
    assertThat(TokenMetrics.accuracy(new int[] {7, 2, 3, 4}, new int[] {-100, 2, 9, 4}))
        .isCloseTo(2 / 3.0, within(1e-15));
    assertThat(TokenMetrics.perplexity(Math.log(37))).isCloseTo(37, within(1e-12));
  }

  /** Angles in degrees; the right candidates are the first three. */
  @Test
  void theNearestCandidateHasTheLargestCosine() {
    INDArray queries = vectors(0, 90, 180);
    INDArray candidates = vectors(10, 120, 90, 100, 250);

    Scores scores = RetrievalMetrics.of(queries, candidates.mul(2.5), 1, 2, 3, 4, 5);

    // Ranks: 10° is next to 0°; 100° and 90° are nearer to 90° than 120°; at 180°, 90° comes last
    // of 120° (60° away), 250° (70°), 100° (80°) and 90°.
    assertThat(scores)
        .hasToString(
            "recall@1 0.3333, recall@2 0.3333, recall@3 0.6667, recall@4 1.0000, recall@5 1.0000");
  }

  private static INDArray vectors(double... degrees) {
    double[][] rows = new double[degrees.length][];
    for (int i = 0; i < rows.length; i++) {
      double angle = Math.toRadians(degrees[i]);
      rows[i] = new double[] {Math.cos(angle), Math.sin(angle)};
    }
    return Nd4j.createFromArray(rows);
  }

  @Test
  void ofEqualCandidatesTheFirstIsNearest() {
    INDArray same = vectors(30, 30, 30);
    assertThat(RetrievalMetrics.of(same, same, 1, 2))
        .hasToString("recall@1 0.3333, recall@2 0.6667");
  }

  @Test
  void labelsAreTagsIfAllAre() {
    assertThat(EntityMetrics.areTags(List.of("O", "B-PER", "S-A-b", "I"))).isTrue();
    assertThat(EntityMetrics.areTags(List.of("O", "NOUN"))).isFalse();
  }

  static Stream<Arguments> refused() {
    int[] none = {};
    int[] two = {1, 2};
    boolean[][] ragged = {{true}, {true, false}};
    boolean[][] other = {{true}, {false}};
    return Stream.of(
        refused("There are no examples", () -> ClassMetrics.of(none, none)),
        refused("0 predictions for 2 examples", () -> ClassMetrics.accuracy(none, two)),
        refused("0 predictions for 2 examples", () -> ClassMetrics.macroF1(none, two)),
        refused("0 predictions for 2", () -> ClassMetrics.matthewsCorrelation(none, two)),
        refused("Example 1 has 1 labels and 2 pred", () -> LabelMetrics.microF1(ragged, other)),
        refused("Example 1 has 2 labels and 1", () -> LabelMetrics.subsetAccuracy(other, ragged)),
        refused("There are no examples", () -> NumberMetrics.of(new double[0], new double[0])),
        refused("There are no examples", () -> EntityMetrics.of(List.of(), List.of())),
        refused("There are no examples", () -> EntityMetrics.of(tags(), tags())),
        refused("Sentence 0 has 1 words and 2", () -> EntityMetrics.of(tags("O", "O"), tags("O"))),
        refused("\"NOUN\" is no tag", () -> EntityMetrics.of(tags("O"), tags("NOUN"))),
        refused("1 predictions for 0", () -> AnswerMetrics.f1(List.of("a"), List.of())),
        refused("2 predictions for 1", () -> TextMetrics.of(List.of("a", "b"), List.of("a"))),
        refused("There are no examples", () -> ChrF.of(List.of(), List.of())),
        refused("n is 0", () -> Rouge.ofRuns(0, List.of("a"), List.of("a"))),
        refused("2 predictions for 0", () -> TokenMetrics.accuracy(two, none)),
        refused("no examples", () -> TokenMetrics.accuracy(new int[1], new int[] {-100})),
        refused("k is 0", () -> RetrievalMetrics.of(vectors(1), vectors(2), 0)),
        refused(
            "are [2, 2] and candidates [1,",
            () -> RetrievalMetrics.of(vectors(1, 2), vectors(3), 1)));
  }

  private static Arguments refused(String message, ThrowingCallable call) {
    return Arguments.of(message, call);
  }

  private static List<List<String>> tags(String... tags) {
    return List.of(List.of(tags));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void whatCannotBeMeasuredIsRefused(String message, ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(PeftException.class).hasMessageContaining(message);
  }
}
