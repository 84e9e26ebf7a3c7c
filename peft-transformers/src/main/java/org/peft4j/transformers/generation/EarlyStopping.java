package org.peft4j.transformers.generation;

/** When beam search has enough finished texts, as {@code early_stopping} of transformers. */
public enum EarlyStopping {
  /** {@code true}: as soon as there are as many as beams. */
  YES,
  /** {@code false}: when the running beams, as long as they are, score below them. */
  NO,
  /** {@code "never"}: when no running beam can still score above them. */
  NEVER
}
