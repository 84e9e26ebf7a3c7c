package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.method.RandomMasks;
import org.peft4j.train.data.Batch;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.schedule.Schedule;

/**
 * Makes the steps of a {@link LearningRateSweep}, and puts everything back: parameters, random
 * masks and the position in the data. What methods do between steps, such as AdaLoRA's ranks, is
 * left out.
 *
 * @param lowest the first rate
 * @param highest the last one
 * @param steps from one to the other
 */
record RateSweeper(double lowest, double highest, int steps) {
  /** The sweep ends where the smoothed loss is that many times the best. */
  private static final double WORSE = 4;

  RateSweeper {
    if (!(lowest > 0 && highest > lowest && Double.isFinite(highest)) || steps < 2) {
      throw new PeftException(
          "The learning rates to try are "
              + lowest
              + " to "
              + highest
              + " in "
              + steps
              + " steps; allowed: two growing numbers above 0, in 2 steps and more.");
    }
  }

  /** The factor of each step, without warm-up. */
  private record Exponential(double ratio, int steps) implements Schedule {
    @Override
    public double factor(long step, long warmup, long total) {
      return Math.pow(ratio, (double) step / (steps - 1));
    }

    @Override
    public String name() {
      return "exponential";
    }
  }

  <B extends Batch> LearningRateSweep sweep(Training<B> training) {
    FineTuningSettings settings =
        training.settings().sweeping(lowest, new Exponential(highest / lowest, steps));
    RandomMasks masks = training.model().training().masks();
    final long seed = masks.seed();
    final long passes = masks.passes();
    Map<String, Long> position = training.data().position();
    INDArray parameters = training.model().network().params();
    INDArray before = parameters.dup();
    try (TrainingStep<B> step = new TrainingStep<>(training.sweeping(settings), false)) {
      masks.restore(settings.seed(), 0);
      return steps(step);
    } finally {
      parameters.assign(before);
      masks.restore(seed, passes);
      training.data().restore(position);
    }
  }

  private LearningRateSweep steps(TrainingStep<?> step) {
    List<Double> rates = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    LearningRateSweep sweep = LearningRateSweep.of(rates, losses);
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < steps; i++) {
      try {
        StepMetrics metrics = step.make();
        rates.add(metrics.learningRate());
        losses.add(metrics.loss());
      } catch (NonFiniteException e) {
        break; // The rate is far too high, as the last ones are meant to be.
      }
      sweep = LearningRateSweep.of(rates, losses);
      double smoothed = sweep.points().get(i).smoothed();
      if (smoothed > WORSE * best) {
        break;
      }
      best = Math.min(best, smoothed);
    }
    return sweep;
  }
}
