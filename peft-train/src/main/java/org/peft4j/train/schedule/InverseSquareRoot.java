package org.peft4j.train.schedule;

/**
 * Down as one over the square root, whatever the number of steps: 1 / √((s − w + t) / t)
 * (transformers' {@code inverse_sqrt}).
 *
 * @param timescale t; 0 for the number of warm-up steps, or 10,000 without any
 */
public record InverseSquareRoot(long timescale) implements Schedule {
  private static final long USUAL = 10_000;

  /** Checks the number. */
  public InverseSquareRoot {
    Schedules.require("timescale", timescale, timescale >= 0, "0 and above");
  }

  @Override
  public double factor(long step, long warmup, long total) {
    if (step < warmup) {
      return (double) step / warmup;
    }
    double scale = timescale > 0 ? timescale : warmup > 0 ? warmup : USUAL;
    return 1 / Math.sqrt((step - warmup + scale) / scale);
  }

  @Override
  public String name() {
    return "inverse-square-root:timescale=" + timescale;
  }
}
