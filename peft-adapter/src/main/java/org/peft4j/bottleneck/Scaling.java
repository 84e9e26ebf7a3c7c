package org.peft4j.bottleneck;

import java.util.List;

/**
 * What the adapter's part is multiplied with.
 *
 * @param kind a number, or what is trained
 * @param factor the number; 1 where it is trained
 */
public record Scaling(Kind kind, double factor) {
  /** The sorts of scaling. */
  public enum Kind {
    /** A constant. */
    NUMBER,
    /** One trained number that begins at 1. */
    LEARNED,
    /** A trained number for each feature that begins at 1. */
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
