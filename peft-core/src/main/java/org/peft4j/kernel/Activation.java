package org.peft4j.kernel;

/** A pointwise non-linearity. */
public enum Activation {
  /** {@code x·σ(x)}. */
  SILU,
  /** {@code x·Φ(x)} with the error function. */
  GELU,
  /** {@code x·σ(1.702·x)}, which is near {@link #GELU}: CLIP. */
  QUICK_GELU,
  /** {@code ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))}, GPT-2's {@code gelu_new}. */
  GELU_TANH,
  /** {@code max(x, 0)}; its derivative at 0 is 0. */
  RELU,
  /** {@code tanh(x)}. */
  TANH;

  /** The factor of x within the sigmoid of {@link #QUICK_GELU}. */
  public static final double QUICK = 1.702;
}
