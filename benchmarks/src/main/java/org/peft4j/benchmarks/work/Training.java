package org.peft4j.benchmarks.work;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.schedule.StandardSchedule;

/**
 * Training of the adapter with {@link FineTuner}: all rows in each step, AdamW with a constant
 * rate, no clipping. The batch is the same in every step, so the loss falls.
 */
public final class Training {
  private static final double LEARNING_RATE = 1e-4;

  private Training() {}

  static Timings run(AdaptedModel model, TrainingData data, Steps steps) {
    List<StepMetrics> metrics = train(model, data, steps.all());
    return Timings.of(
        steps,
        metrics.stream().map(StepMetrics::stepSeconds).toList(),
        Batches.all(data).tokens(),
        List.of(metrics.get(0).loss(), metrics.get(metrics.size() - 1).loss()));
  }

  /** The metrics of each of {@code steps} steps. */
  public static List<StepMetrics> train(AdaptedModel model, TrainingData data, int steps) {
    List<StepMetrics> metrics = new ArrayList<>();
    FineTuner.builder(model.peft(), data)
        .settings(
            FineTuningSettings.builder()
                .steps(steps)
                .batchSize(data.size())
                .learningRate(LEARNING_RATE)
                .schedule(StandardSchedule.CONSTANT)
                .maxGradNorm(0)
                .shuffle(false)
                .build())
        .listener(
            new TrainingListener() {
              @Override
              public void onStep(StepMetrics step) {
                metrics.add(step);
              }
            })
        .build()
        .run();
    return metrics;
  }
}
