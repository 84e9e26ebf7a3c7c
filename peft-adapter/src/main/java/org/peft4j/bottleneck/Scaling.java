package org.peft4j.bottleneck;

import java.util.List;

/**
 * The factor of the adapter's part.
 *
 * @param kind a constant, or which factors train
 * @param factor the constant; 1 if the factors train
 */
public record Scaling(Kind kind, double factor) {
  /** The kinds of scaling. */
  public enum Kind {
    /** A constant. */
    NUMBER,
    /** One trained number that starts at 1. */
    LEARNED,
    /** A trained number for each feature, starting at 1. */
    CHANNEL
  }

  /** One trained number. */
  public static final Scaling LEARNED = new Scaling(Kind.LEARNED, 1);

  /** A trained number for each feature. */
  public static final Scaling CHANNEL = new Scaling(Kind.CHANNEL, 1);

  /** A constant. */
  public static Scaling of(double factor) {
    return new Scaling(Kind.NUMBER, factor);
  }

  void check(List<String> problems) {
    if (!Double.isFinite(factor) || factor == 0 || (kind != Kind.NUMBER && factor != 1)) {
      problems.add(
          "scaling is "
              + factor
              + "; allowed: a finite number other than 0, \"learned\", \"channel\".");
    }
  }

  /** Whether it trains. */
  public boolean trained() {
    return kind != Kind.NUMBER;
  }
}
