package org.peft4j.transformers.internal.logits;

/** Changes a row of logits before a token is chosen, as in Hugging Face transformers. */
@FunctionalInterface
public interface LogitsProcessor {
  /**
   * Returns the changed logits; {@code logits} do not change.
   *
   * @param ids the row so far: the prompt with its padding, and the generated tokens
   * @param logits one for each token of the vocabulary; −∞ excludes a token
   */
  float[] apply(int[] ids, float[] logits);
}
