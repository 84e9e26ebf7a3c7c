package org.peft4j.transformers.internal.logits;

import java.util.Arrays;

/**
 * Excludes tokens that would repeat a run of tokens of the text that the row is made of: a prompt,
 * or the text of an encoder. In Hugging Face transformers {@code encoder_no_repeat_ngram_size}.
 */
public final class NoSourceNgram implements LogitsProcessor {
  private final int size;
  private final int[] source;

  /**
   * A rule.
   *
   * @param size the number of tokens of a run, 1 or more
   * @param source the text, padding included
   */
  public NoSourceNgram(int size, int[] source) {
    this.size = size;
    this.source = source.clone();
  }

  @Override
  public float[] apply(int[] ids, float[] logits) {
    return withoutRuns(size, source, ids, logits);
  }

  /** Excludes what would end a run of {@code source} that the last tokens of {@code ids} begin. */
  static float[] withoutRuns(int size, int[] source, int[] ids, float[] logits) {
    float[] result = logits.clone();
    int from = ids.length - (size - 1);
    for (int start = 0; from >= 0 && start + size <= source.length; start++) {
      int end = start + size - 1;
      if (Arrays.equals(source, start, end, ids, from, ids.length)) {
        result[source[end]] = Float.NEGATIVE_INFINITY;
      }
    }
    return result;
  }
}
