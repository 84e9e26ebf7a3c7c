package org.peft4j.transformers.config;

/** What frozen matrices and embeddings are held in. */
public enum Precision {
  /** Single precision. */
  FP32,
  /**
   * BFLOAT16, half the memory. Products accumulate in single precision; normalisations, softmax,
   * the loss, adapters and the optimizer stay in it.
   */
  BF16
}
