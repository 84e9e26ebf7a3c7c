package org.peft4j.train.schedule;

/**
 * The schedules of Hugging Face transformers, over a training of T steps s = 0, 1, … With w warm-up
 * steps, each begins with s / w for s &lt; w.
 */
public enum StandardSchedule implements Schedule {
  /** 1. */
  CONSTANT {
    @Override
    double afterWarmup(long step, long warmup, long total) {
      return 1;
    }
  },
  /** Down to zero on a line: (T − s) / (T − w). */
  LINEAR {
    @Override
    double afterWarmup(long step, long warmup, long total) {
      return Math.max(0, (double) (total - step) / Math.max(1, total - warmup));
    }
  },
  /** Down to zero on half a cosine: (1 + cos(π (s − w) / (T − w))) / 2. */
  COSINE {
    @Override
    double afterWarmup(long step, long warmup, long total) {
      double progress = (double) (step - warmup) / Math.max(1, total - warmup);
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    }
  };

  abstract double afterWarmup(long step, long warmup, long total);

  @Override
  public double factor(long step, long warmup, long total) {
    return step < warmup ? (double) step / warmup : afterWarmup(step, warmup, total);
  }
}
