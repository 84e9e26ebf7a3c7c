package org.peft4j.lora.lycoris;

import org.peft4j.lora.common.RankBuilder;

/**
 * The setters of {@link LycorisFields}.
 *
 * @param <B> the builder's own class
 */
public abstract class LycorisBuilder<B extends LycorisBuilder<B>> extends RankBuilder<B> {
  private double rankDropout;
  private double moduleDropout;
  private boolean effectiveConvolution;

  protected final LycorisFields fields() {
    return new LycorisFields(ranks(), rankDropout, moduleDropout, effectiveConvolution);
  }

  /** Sets all of these fields. */
  public final B fields(LycorisFields value) {
    rankDropout = value.rankDropout();
    moduleDropout = value.moduleDropout();
    effectiveConvolution = value.effectiveConvolution();
    return ranks(value.ranks());
  }

  /** The probability that a row of ΔW is zeroed in training, in [0, 1); 0 by default. */
  public final B rankDropout(double value) {
    rankDropout = value;
    return self();
  }

  /** The probability that an adapter is left out of a training pass, in [0, 1); 0 by default. */
  public final B moduleDropout(double value) {
    moduleDropout = value;
    return self();
  }

  /** Whether kernels larger than 1 have their own core. */
  public final B effectiveConvolution(boolean value) {
    effectiveConvolution = value;
    return self();
  }
}
