package org.peft4j.transformers.internal.logits;

import java.util.Arrays;

/**
 * Nucleus sampling (Holtzman et al., arXiv 1904.09751): drops the least likely tokens while their
 * probabilities add up to at most 1 − p.
 *
 * @param p above 0, at most 1
 * @param least the number of likeliest tokens that always stay, 1 or more
 */
public record TopP(double p, int least) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    int[] ascending = ascending(logits);
    float[] probabilities = Softmax.of(logits);
    float[] result = logits.clone();
    float threshold = (float) (1 - p);
    float sum = 0;
    for (int i = 0; i < ascending.length - least; i++) {
      sum += probabilities[ascending[i]];
      if (sum > threshold) {
        break;
      }
      result[ascending[i]] = Float.NEGATIVE_INFINITY;
    }
    return result;
  }

  /** Indices by ascending value, equal values by ascending index. */
  private static int[] ascending(float[] values) {
    long[] keys = new long[values.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Float.floatToIntBits(values[i] + 0f);
      // Flips the bits of negative floats, so that the integers sort like the floats.
      int ordered = bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
      keys[i] = (long) ordered << Integer.SIZE | i;
    }
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
  }
}
