package org.peft4j.transformers.internal.logits;

/**
 * Drops tokens less likely than a share of the likeliest one's probability (Nguyen et al., arXiv
 * 2407.01082).
 *
 * @param share 0 to 1
 */
public record MinP(double share) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] probabilities = Softmax.of(logits);
    float largest = 0;
    for (float p : probabilities) {
      largest = Math.max(largest, p);
    }
    float least = (float) share * largest;
    float[] result = logits.clone();
    for (int i = 0; i < result.length; i++) {
      if (probabilities[i] < least) {
        result[i] = Float.NEGATIVE_INFINITY;
      }
    }
    return result;
  }
}
