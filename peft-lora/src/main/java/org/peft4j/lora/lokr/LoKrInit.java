package org.peft4j.lora.lokr;

/** The first values of the factors. */
public enum LoKrInit {
  /** w1 at zero, w2 uniform: {@code init_weights: true}. */
  STANDARD,
  /** Both uniform, for tests: {@code init_weights: false}. */
  RANDOM,
  /** w1 uniform, w2 at zero: {@code init_weights: "lycoris"}. */
  LYCORIS
}
