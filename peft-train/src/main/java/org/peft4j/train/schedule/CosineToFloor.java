package org.peft4j.train.schedule;

/**
 * Down to a part f of the highest rate on half a cosine: f + (1 − f) (1 + cos(π (s − w) / (T − w)))
 * / 2 (transformers' {@code cosine_with_min_lr}).
 *
 * @param floor f, 0 to 1
 */
public record CosineToFloor(double floor) implements Schedule {
  /** Checks the number. */
  public CosineToFloor {
    Schedules.requireShare("floor", floor);
  }

  @Override
  public double factor(long step, long warmup, long total) {
    double factor = StandardSchedule.COSINE.factor(step, warmup, total);
    return step < warmup ? factor : floor + (1 - floor) * factor;
  }

  @Override
  public String name() {
    return "cosine-to-floor:floor=" + floor;
  }
}
