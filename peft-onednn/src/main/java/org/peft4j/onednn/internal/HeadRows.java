package org.peft4j.onednn.internal;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The rows [heads·D] of an array [B, T, heads, D], counted over sequences and positions. They may
 * be parts of wider rows, as in a fused projection's result.
 */
public record HeadRows(FloatBuffer values, int stride) {
  public static HeadRows of(INDArray x) {
    long rows = x.size(0) * x.size(1);
    int stride = (int) x.stride(1);
    return new HeadRows(Address.floats(x, (rows - 1) * stride + x.size(2) * x.size(3)), stride);
  }

  public void get(int row, float[] target) {
    values.get(row * stride, target);
  }

  /** The elements of a row from {@code from} on. */
  public void get(int row, int from, float[] target) {
    values.get(row * stride + from, target);
  }

  /** Puts the first {@code count} elements of a source into a row, from {@code from} on. */
  public void put(int row, int from, float[] source, int count) {
    values.put(row * stride + from, source, 0, count);
  }

  public void put(int row, float[] source) {
    values.put(row * stride, source);
  }
}
