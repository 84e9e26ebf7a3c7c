package org.peft4j.internal.adapted;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * A learning rate, fixed or by a schedule. Deeplearning4j's own way to set one looks at layers of
 * its own only.
 *
 * @param fixed NaN where there is a schedule
 */
public record LearningRate(double fixed, @Nullable ISchedule schedule) {
  public static LearningRate of(double rate) {
    return new LearningRate(rate, null);
  }

  public static LearningRate of(ISchedule schedule) {
    return new LearningRate(Double.NaN, schedule);
  }

  /** A copy of {@code updater} with this rate; itself, if it has none. */
  @Nullable IUpdater in(@Nullable IUpdater updater) {
    if (updater == null || !updater.hasLearningRate()) {
      return updater;
    }
    IUpdater changed = updater.clone();
    changed.setLrAndSchedule(fixed, schedule);
    return changed;
  }

  /** The rate of a part of a network now; null if it has none. */
  public static @Nullable Double now(AdaptedPart part, int iteration, int epoch) {
    IUpdater updater = part.getConfig().getUpdaterByParam("");
    return updater == null || !updater.hasLearningRate()
        ? null
        : updater.getLearningRate(iteration, epoch);
  }
}
