package org.peft4j.transformers.internal.logits;

/**
 * Changes the logits of tokens that the row already contains, each once: {@code l/θ} if positive,
 * {@code l·θ} if negative (Keskar et al., CTRL, arXiv 1909.05858). Padding counts as a token, as in
 * transformers.
 *
 * @param penalty θ
 */
public record RepetitionPenalty(double penalty) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] result = logits.clone();
    float theta = (float) penalty;
    for (int id : ids) {
      result[id] = logits[id] < 0 ? logits[id] * theta : logits[id] / theta;
    }
    return result;
  }
}
