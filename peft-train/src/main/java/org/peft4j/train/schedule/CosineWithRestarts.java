package org.peft4j.train.schedule;

/**
 * Down to zero on half a cosine, several times: with progress p = (s − w) / (T − w), (1 + cos(π (c
 * p mod 1))) / 2, and 0 from p = 1 on (transformers' {@code cosine_with_restarts}).
 *
 * @param cycles c, 1 and above
 */
public record CosineWithRestarts(int cycles) implements Schedule {
  /** Checks the number. */
  public CosineWithRestarts {
    Schedules.require("cycles", cycles, cycles >= 1, "1 and above");
  }

  @Override
  public double factor(long step, long warmup, long total) {
    if (step < warmup) {
      return (double) step / warmup;
    }
    double progress = (double) (step - warmup) / Math.max(1, total - warmup);
    return progress >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cycles * progress % 1))));
  }

  @Override
  public String name() {
    return "cosine-with-restarts:cycles=" + cycles;
  }
}
