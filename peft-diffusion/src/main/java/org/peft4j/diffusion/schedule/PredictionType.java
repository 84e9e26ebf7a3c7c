package org.peft4j.diffusion.schedule;

/** What a model predicts of x_t = √ᾱ·x₀ + √(1 − ᾱ)·ε. */
public enum PredictionType {
  /** The noise ε. */
  EPSILON,
  /** The velocity v = √ᾱ·ε − √(1 − ᾱ)·x₀. */
  V_PREDICTION,
  /** The picture x₀. */
  SAMPLE
}
