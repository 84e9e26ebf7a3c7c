package org.peft4j.transformers.internal.logits;

/**
 * Excludes tokens that would repeat a run of tokens in the row, prompt and padding included.
 *
 * @param size the number of tokens of a run, 1 or more
 */
public record NoRepeatNgram(int size) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    return NoSourceNgram.withoutRuns(size, ids, ids, logits);
  }
}
