package org.peft4j.train.stop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.RunHistory;
import org.peft4j.train.metrics.WatchedMetric;

class StoppingRulesTest {
  /** A training with these losses, an evaluation each ten steps; accuracy is 1 − loss. */
  private static RunHistory losses(double... losses) {
    List<StepEvaluation> all =
        IntStream.range(0, losses.length)
            .mapToObj(
                i ->
                    new StepEvaluation(
                        10L * (i + 1),
                        new Evaluation(losses[i], 7, Map.of("accuracy", 1 - losses[i]))))
            .toList();
    return new RunHistory(10L * losses.length, 1000, 2.5, all);
  }

  /** Losses, and after how many evaluations the training ends; 0: not at all. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0.9 0.8 0.85, 3",
    "2, 0, 0.9 0.8 0.85 0.84 0.7, 4",
    "2, 0, 0.9 0.8 0.85 0.79 0.85 0.78, 0",
    "2, 0, 0.9 0.9 0.9, 3",
    "2, 0.1, 0.9 0.85 0.79 0.75 0.72, 5",
    "2, 0.1, 0.9 0.85 0.79 0.68, 0",
    "3, 0, NaN NaN NaN, 3",
    "2, 0, NaN 0.9 NaN 0.8 0.9, 0",
  })
  void patienceEndsWhenNothingBecomesBetter(
      int patience, double change, String losses, int evaluations) {
    double[] all =
        java.util.Arrays.stream(losses.split(" ")).mapToDouble(Double::parseDouble).toArray();
    EarlyStopping loss = new EarlyStopping(WatchedMetric.loss(), patience, change);
    EarlyStopping accuracy = new EarlyStopping(WatchedMetric.parse("accuracy"), patience, change);
    int ended = 0;
    for (int i = 1; i <= all.length && ended == 0; i++) {
      RunHistory history = losses(java.util.Arrays.copyOf(all, i));
      assertThat(accuracy.reason(history).isPresent()).isEqualTo(loss.reason(history).isPresent());
      ended = loss.reason(history).isPresent() ? i : 0;
    }
    assertThat(ended).isEqualTo(evaluations);
  }

  @Test
  void theReasonNamesTheBest() {
    assertThat(new EarlyStopping(WatchedMetric.loss(), 2, 0).reason(losses(0.5, 0.25, 0.3, 0.4)))
        .contains(
            "loss has not become better in 2 evaluations; its best is 0.250000, after step 20");
  }

  @Test
  void theFirstOfEqualEvaluationsIsTheBest() {
    RunHistory history = losses(0.5, 0.3, 0.4, 0.3);

    assertThat(WatchedMetric.loss().best(history).orElseThrow().step()).isEqualTo(20);
    assertThat(WatchedMetric.parse("perplexity").best(history).orElseThrow().step()).isEqualTo(20);
    assertThat(WatchedMetric.parse("accuracy").best(history).orElseThrow().step()).isEqualTo(20);
    assertThat(WatchedMetric.parse("loss:higher").best(history).orElseThrow().step()).isEqualTo(10);
    assertThat(WatchedMetric.loss().best(RunHistory.none())).isEmpty();
  }

  @Test
  void budgetsAreOfTheWholeTraining() {
    RunHistory history = losses(0.5);

    assertThat(new TokenBudget(1001).reason(history)).isEmpty();
    assertThat(new TokenBudget(1000).reason(history)).contains("it has seen 1,000 tokens");
    assertThat(new TimeBudget(Duration.ofMillis(2501)).reason(history)).isEmpty();
    assertThat(new TimeBudget(Duration.ofMillis(2500)).reason(history))
        .isEqualTo(Optional.of("its time, 2.5s, is over"));
  }

  @Test
  void anUnknownMetricIsRefusedWithThoseThatAre() {
    RunHistory history = losses(0.5);
    EarlyStopping rule = new EarlyStopping(WatchedMetric.parse("acuracy"), 1, 0);

    assertThatThrownBy(() -> rule.reason(history))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("no metric \"acuracy\"")
        .hasMessageContaining("Nearest: \"accuracy\"")
        .hasMessageContaining("They have loss, perplexity, accuracy.");
  }

  @Test
  void impossibleNumbersAreRefused() {
    assertThatThrownBy(() -> new EarlyStopping(WatchedMetric.loss(), 0, 0))
        .hasMessageContaining("patience is 0; allowed: 1 and above");
    assertThatThrownBy(() -> new EarlyStopping(WatchedMetric.loss(), 1, Double.NaN))
        .hasMessageContaining("least change is NaN");
    assertThatThrownBy(() -> new TokenBudget(0)).hasMessageContaining("tokens of a training are 0");
    assertThatThrownBy(() -> new TimeBudget(Duration.ZERO)).hasMessageContaining("PT0S");
    assertThatThrownBy(() -> WatchedMetric.parse("loss:less")).hasMessageContaining("loss:lower");
    assertThatThrownBy(() -> WatchedMetric.parse("")).hasMessageContaining("needed: its name");
  }
}
