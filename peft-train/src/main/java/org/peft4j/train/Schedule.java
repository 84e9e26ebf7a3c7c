package org.peft4j.train;

/**
 * How the learning rate changes over a training of T steps: the factor of step s = 0, 1, … With w
 * warm-up steps, every schedule begins with s / w for s &lt; w, as in Hugging Face transformers.
 */
public enum Schedule {
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

  /**
   * The factor of the learning rate.
   *
   * @param step from 0
   * @param warmup the number of warm-up steps, 0 for none
   * @param total the number of steps of the whole training
   */
  public double factor(long step, long warmup, long total) {
    return step < warmup ? (double) step / warmup : afterWarmup(step, warmup, total);
  }
}
