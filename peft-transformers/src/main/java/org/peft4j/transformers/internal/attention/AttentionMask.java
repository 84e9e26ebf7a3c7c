package org.peft4j.transformers.internal.attention;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.TokenIds;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * What is added to attention scores: 0 where a query sees a key, else a number so low that it hides
 * the score. So a query that sees no key at all sees all of them equally, as in the reference
 * implementation.
 */
public final class AttentionMask {
  /** Swallows any score when added to it, and stays finite when a score is added. */
  private static final float HIDDEN = -1e30f;

  private AttentionMask() {}

  /** Each query sees the keys up to its own position: [1, time, time]. */
  public static INDArray causal(int time, CallMemory memory) {
    return memory.values(causal(0, time, time), 1, time, time);
  }

  /**
   * Causal, and hiding the keys where {@code mask} is 0.
   *
   * @param mask [batch, time] or null
   */
  public static INDArray of(@Nullable INDArray mask, Extent extent, CallMemory memory) {
    int time = Math.toIntExact(extent.time());
    int[] visible = mask == null ? new int[0] : TokenIds.of(mask);
    if (Arrays.stream(visible).allMatch(v -> v != 0)) {
      return causal(time, memory);
    }
    if (visible.length != extent.rows()) {
      throw new PeftException(
          "The attention mask has "
              + visible.length
              + " elements; input_ids have "
              + extent.rows()
              + " (["
              + extent.batch()
              + ", "
              + time
              + "]). It must be of their shape.");
    }
    int batch = Math.toIntExact(extent.batch());
    float[] values = repeated(causal(0, time, time), batch);
    for (int i = 0; i < values.length; i++) {
      int key = i % time;
      if (visible[i / (time * time) * time + key] == 0) {
        values[i] = HIDDEN;
      }
    }
    return memory.values(values, batch, time, time);
  }

  /**
   * For {@code time} new queries after {@code past} positions, over a cache of {@code keys} slots.
   *
   * @param padding for each sequence, how many of its first keys are hidden; null if none are
   */
  public static INDArray stepping(
      int past, int time, int keys, int @Nullable [] padding, CallMemory memory) {
    float[] causal = causal(past, time, keys);
    if (padding == null) {
      return memory.values(causal, 1, time, keys);
    }
    float[] values = repeated(causal, padding.length);
    for (int row = 0; row < padding.length * time; row++) {
      Arrays.fill(values, row * keys, row * keys + padding[row / time], HIDDEN);
    }
    return memory.values(values, padding.length, time, keys);
  }

  private static float[] causal(int past, int time, int keys) {
    float[] values = new float[time * keys];
    for (int query = 0; query < time; query++) {
      Arrays.fill(
          values, query * keys + Math.min(keys, past + query + 1), (query + 1) * keys, HIDDEN);
    }
    return values;
  }

  private static float[] repeated(float[] values, int times) {
    float[] result = new float[Math.multiplyExact(values.length, times)];
    for (int i = 0; i < times; i++) {
      System.arraycopy(values, 0, result, i * values.length, values.length);
    }
    return result;
  }
}
