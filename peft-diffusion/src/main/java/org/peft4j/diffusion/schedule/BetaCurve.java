package org.peft4j.diffusion.schedule;

/** How the variances β of the noise grow from the first step to the last. */
public enum BetaCurve {
  /** From {@code beta_start} to {@code beta_end}, evenly. */
  LINEAR,
  /** The square roots grow evenly: Stable Diffusion. */
  SCALED_LINEAR,
  /** ᾱ(t) = cos²((t + 0.008) / 1.008 · π/2), β at most 0.999. */
  SQUAREDCOS_CAP_V2
}
