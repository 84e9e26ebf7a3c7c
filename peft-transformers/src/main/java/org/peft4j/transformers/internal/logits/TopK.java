package org.peft4j.transformers.internal.logits;

import java.util.Arrays;

/**
 * Keeps the k largest logits, and all that equal the smallest of them.
 *
 * @param k a k larger than the vocabulary keeps all
 */
public record TopK(int k) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    if (k >= logits.length) {
      return logits.clone();
    }
    float[] result = logits.clone();
    Arrays.sort(result);
    float least = result[result.length - k];
    for (int i = 0; i < result.length; i++) {
      result[i] = logits[i] < least ? Float.NEGATIVE_INFINITY : logits[i];
    }
    return result;
  }
}
