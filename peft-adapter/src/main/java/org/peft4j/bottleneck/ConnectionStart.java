package org.peft4j.bottleneck;

/**
 * From where the adapter's own connection starts: {@code residual_before_ln}. The names are of
 * models that normalise after the sum; here nothing does.
 */
public enum ConnectionStart {
  /** From the sub-layer's output: {@code true}. */
  OUTPUT,
  /** From the sum of that and what came in, which {@code original_ln_before} makes. */
  POST_ADD,
  /** From what the adapter sees: {@code false}. */
  SEEN
}
