package org.peft4j.internal.adapted;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * A learning rate, fixed or by a schedule. Deeplearning4j's own setter covers only its own layers.
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

  /** Sets the rate of parts of a network. */
  public void set(Stream<AdaptedPart> parts) {
    parts.forEach(part -> part.setLearningRate(this));
  }

  /** The present rate of the first of these parts; null if there is no part, or it has no rate. */
  public static @Nullable Double now(Stream<AdaptedPart> parts, int iteration, int epoch) {
    return parts
        .findFirst()
        .map(part -> part.getConfig().getUpdaterByParam(""))
        .filter(IUpdater::hasLearningRate)
        .map(updater -> updater.getLearningRate(iteration, epoch))
        .orElse(null);
  }
}
