package org.peft4j.lora.common;

import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.config.CommonBuilder;

/**
 * The setters of {@link Ranks}, for builders of configs.
 *
 * @param <B> the builder's own class
 */
public abstract class RankBuilder<B extends RankBuilder<B>> extends CommonBuilder<B> {
  private int rank = 8;
  private double alpha = 8;
  private final Map<String, Integer> rankPattern = new LinkedHashMap<>();
  private final Map<String, Double> alphaPattern = new LinkedHashMap<>();

  protected final Ranks ranks() {
    return new Ranks(rank, alpha, rankPattern, alphaPattern);
  }

  /** Sets all of these fields. */
  public final B ranks(Ranks value) {
    rank = value.rank();
    alpha = value.alpha();
    rankPattern.clear();
    rankPattern.putAll(value.rankPattern());
    alphaPattern.clear();
    alphaPattern.putAll(value.alphaPattern());
    return self();
  }

  /** r, at least 1; 8 by default. */
  public final B rank(int value) {
    rank = value;
    return self();
  }

  /** α, above 0; 8 by default. */
  public final B alpha(double value) {
    alpha = value;
    return self();
  }

  /** Another rank for modules whose path is {@code pattern} or ends with a dot and it. */
  public final B rankPattern(String pattern, int value) {
    rankPattern.put(pattern, value);
    return self();
  }

  /** Another alpha for modules whose path is {@code pattern} or ends with a dot and it. */
  public final B alphaPattern(String pattern, double value) {
    alphaPattern.put(pattern, value);
    return self();
  }
}
