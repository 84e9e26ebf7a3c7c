package org.peft4j.bottleneck;

/**
 * The start of the adapter's own connection: {@code residual_before_ln}. The names come from models
 * that normalise after the sum; adapters here act before that norm.
 */
public enum ConnectionStart {
  /** From the sub-layer's output: {@code true}. */
  OUTPUT,
  /**
   * From the sum of that output and the sub-layer's input, which {@code original_ln_before}
   * computes.
   */
  POST_ADD,
  /** From the adapter's input: {@code false}. */
  SEEN
}
