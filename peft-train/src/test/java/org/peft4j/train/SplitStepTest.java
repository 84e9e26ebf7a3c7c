package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.train.schedule.StandardSchedule;

/** The loss and gradient of a step are means over its labelled tokens, however it is split. */
class SplitStepTest {
  private static final int ROWS = 12;
  private static final double RATE = 1e-2;

  /** Rows of very different lengths, with one to all of their tokens learned. */
  private static TrainingData data() {
    Random random = new Random(8);
    List<TokenSequence> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      int[] ids = random.ints(2 + i * 5 % 13, 3, 56).toArray();
      int[] labels = ids.clone();
      Arrays.fill(labels, 0, random.nextInt(ids.length), TokenSequence.IGNORED);
      rows.add(TokenSequence.of(ids, labels));
    }
    return TrainingData.of(rows, 0);
  }

  private record Step(StepMetrics metrics, float[] update) {}

  private static Step step(int batchSize) {
    List<StepMetrics> metrics = new ArrayList<>();
    try (TinyTraining tiny = new TinyTraining(options -> options.withDataType(DataType.DOUBLE));
        var plain = tiny.model.training().withoutDropout()) {
      float[] before = tiny.parameters();
      FineTuner.builder(tiny.model, data())
          .settings(
              FineTuningSettings.builder()
                  .steps(1)
                  .batchSize(batchSize)
                  .gradientAccumulation(ROWS / batchSize)
                  .learningRate(RATE)
                  .schedule(StandardSchedule.CONSTANT)
                  .maxGradNorm(0)
                  .build())
          .optimizer(StandardOptimizer.SGD)
          .listener(
              new TrainingListener() {
                @Override
                public void onStep(StepMetrics step) {
                  metrics.add(step);
                }
              })
          .build()
          .run();
      assertThat(plain).isNotNull();
      float[] update = tiny.parameters();
      for (int i = 0; i < update.length; i++) {
        update[i] -= before[i];
      }
      return new Step(metrics.get(0), update);
    }
  }

  @ParameterizedTest
  @CsvSource({"6", "4", "3", "2", "1"})
  void aSplitStepEqualsTheWhole(int batchSize) {
    Step whole = step(ROWS);
    Step split = step(batchSize);

    assertThat(split.metrics().loss()).isCloseTo(whole.metrics().loss(), within(1e-12));
    assertThat(split.metrics().gradNorm()).isCloseTo(whole.metrics().gradNorm(), within(1e-12));
    assertThat(whole.metrics().gradNorm()).isGreaterThan(0.01);
    assertThat(split.update()).containsExactly(whole.update(), within(1e-7f));
  }
}
