package org.peft4j.transformers.internal.logits;

import java.util.Arrays;

/**
 * Excludes tokens that would repeat a run of tokens in the row, prompt and padding included.
 *
 * @param size the number of tokens of a run, 1 or more
 */
public record NoRepeatNgram(int size) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] result = logits.clone();
    int from = ids.length - (size - 1);
    for (int start = 0; from >= 0 && start + size <= ids.length; start++) {
      int end = start + size - 1;
      if (Arrays.equals(ids, start, end, ids, from, ids.length)) {
        result[ids[end]] = Float.NEGATIVE_INFINITY;
      }
    }
    return result;
  }
}
