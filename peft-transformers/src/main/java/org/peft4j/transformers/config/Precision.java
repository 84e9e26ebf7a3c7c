package org.peft4j.transformers.config;

/** The number format of frozen matrices and embeddings in memory. */
public enum Precision {
  /** Single precision. */
  FP32,
  /**
   * BFLOAT16, half the memory. Products accumulate in single precision; normalisations, softmax,
   * the loss, adapters and the optimizer stay in it. What blocks keep for the backward pass is
   * rounded to BFLOAT16, but for statistics of rows and what adapters record; and so are the
   * factors of an attention's products over many keys, where the processor has such products.
   */
  BF16
}
