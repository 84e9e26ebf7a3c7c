package org.peft4j.kernel;

/** A pointwise non-linearity. */
public enum Activation {
  /** {@code x·σ(x)}. */
  SILU,
  /** {@code x·Φ(x)} with the error function. */
  GELU,
  /** {@code ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))}, GPT-2's {@code gelu_new}. */
  GELU_TANH,
  /** {@code max(x, 0)}; its derivative at 0 is 0. */
  RELU,
  /** {@code tanh(x)}. */
  TANH
}
