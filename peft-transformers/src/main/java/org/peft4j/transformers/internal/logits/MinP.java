package org.peft4j.transformers.internal.logits;

import java.util.Arrays;

/**
 * Drops tokens less likely than a share of the likeliest one's probability (Nguyen et al., arXiv
 * 2407.01082).
 *
 * @param share 0 to 1
 * @param least the number of likeliest tokens that always stay, 1 or more
 */
public record MinP(double share, int least) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] probabilities = Softmax.of(logits);
    float largest = 0;
    for (float p : probabilities) {
      largest = Math.max(largest, p);
    }
    float threshold = (float) share * largest;
    float[] sorted = probabilities.clone();
    Arrays.sort(sorted);
    float kept = sorted[Math.max(0, sorted.length - least)];
    float[] result = logits.clone();
    for (int i = 0; i < result.length; i++) {
      if (probabilities[i] < threshold && probabilities[i] < kept) {
        result[i] = Float.NEGATIVE_INFINITY;
      }
    }
    return result;
  }
}
