package org.peft4j.train.schedule;

/**
 * Down to a part f of the highest rate as a power of what remains: f + (1 − f) ((T − s) / (T − w))ᵖ
 * (transformers' {@code polynomial}, whose {@code lr_end} is f times the rate).
 *
 * @param power p, above 0
 * @param floor f, 0 to 1
 */
public record Polynomial(double power, double floor) implements Schedule {
  /** Checks the numbers. */
  public Polynomial {
    Schedules.require("power", power, power > 0 && Double.isFinite(power), "above 0, finite");
    Schedules.requireShare("floor", floor);
  }

  @Override
  public double factor(long step, long warmup, long total) {
    if (step < warmup) {
      return (double) step / warmup;
    }
    double remains = Math.max(0, 1 - (double) (step - warmup) / Math.max(1, total - warmup));
    return floor + (1 - floor) * Math.pow(remains, power);
  }

  @Override
  public String name() {
    return "polynomial:power=" + power + ",floor=" + floor;
  }
}
