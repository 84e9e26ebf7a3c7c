package org.peft4j.train.schedule;

/**
 * Up on a line, constant, and down in the last steps (WSD; Hu et al. 2024, MiniCPM): with the share
 * x of the decay's steps, f + (1 − f) d(x), and in the warm-up f + (1 − f) s / w (transformers'
 * {@code warmup_stable_decay}).
 *
 * @param decaySteps steps of the decay, the last ones; all after the warm-up if there are fewer
 * @param shape d
 * @param floor f, 0 to 1
 */
public record WarmupStableDecay(long decaySteps, Shape shape, double floor) implements Schedule {
  /** How the rate falls. */
  public enum Shape {
    /** d(x) = 1 − x. */
    LINEAR {
      @Override
      double at(double share) {
        return 1 - share;
      }
    },
    /** d(x) = (1 + cos(π x)) / 2. */
    COSINE {
      @Override
      double at(double share) {
        return 0.5 * (1 + Math.cos(Math.PI * share));
      }
    },
    /** d(x) = 1 − √x. */
    SQUARE_ROOT {
      @Override
      double at(double share) {
        return 1 - Math.sqrt(share);
      }
    };

    abstract double at(double share);
  }

  /** Checks the numbers. */
  public WarmupStableDecay {
    Schedules.require("decay", decaySteps, decaySteps >= 1, "1 and above");
    Schedules.requireShare("floor", floor);
  }

  @Override
  public double factor(long step, long warmup, long total) {
    if (step < warmup) {
      return floor + (1 - floor) * step / warmup;
    }
    long begin = Math.max(warmup, total - decaySteps);
    if (step < begin) {
      return 1;
    }
    double share = (double) (step - begin) / Math.max(1, total - begin);
    return share >= 1 ? floor : Math.max(0, floor + (1 - floor) * shape.at(share));
  }

  @Override
  public String name() {
    return "warmup-stable-decay:decay="
        + decaySteps
        + ",shape="
        + shape.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-')
        + ",floor="
        + floor;
  }
}
