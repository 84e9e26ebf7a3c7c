package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;

/**
 * Keys or values [B, S, K, D], of which one head of one row is read at a time, into single
 * precision. Of those in BFLOAT16 the features 0, 2, 4 … come first and the features 1, 3, 5 …
 * after them, since that is how a shift and a mask leave them; {@link #ordered} and {@link
 * #inOrder} do the same with others and undo it.
 */
final class HeadMemory {
  private final @Nullable FloatBuffer numbers;
  private final @Nullable IntBuffer pairs;
  private final int stride;
  private final int size;

  HeadMemory(INDArray heads) {
    boolean half = heads.dataType() == DataType.BFLOAT16;
    stride = heads.stride(1);
    size = (int) heads.size(3);
    long count = span(heads);
    numbers = half ? null : Address.floats(heads, count);
    pairs = half ? Address.bytes(heads, 0, count * Short.BYTES).asIntBuffer() : null;
  }

  /** Elements from the first to the last. */
  private static long span(INDArray heads) {
    long rows = heads.size(0) * heads.size(1);
    return (rows - 1) * heads.stride(1) + heads.size(2) * heads.size(3);
  }

  /** Whether heads have no gaps, and pairs of BFLOAT16 are integers in memory. */
  static boolean possible(INDArray heads) {
    boolean half = heads.dataType() == DataType.BFLOAT16;
    boolean even = heads.size(3) % 2 == 0 && heads.stride(1) % 2 == 0;
    boolean dense =
        (heads.size(3) == 1 || heads.stride(3) == 1)
            && (heads.size(2) == 1 || heads.stride(2) == heads.size(3))
            && (heads.size(0) == 1 || heads.stride(0) == heads.size(1) * heads.stride(1));
    return (half ? even : heads.dataType() == DataType.FLOAT)
        && dense
        && heads.length() > 0
        && span(heads) * Float.BYTES <= Integer.MAX_VALUE;
  }

  /**
   * @param row of all sequences
   * @param room for half as many integers as features
   */
  void read(int row, int head, float[] target, int[] room) {
    int at = row * stride + head * size;
    if (numbers != null) {
      numbers.get(at, target, 0, size);
    } else if (pairs != null) {
      pairs.get(at / 2, room, 0, size / 2);
      HalfRows.split(room, size / 2, target);
    }
  }

  /** Features in the order in which {@link #read} gives them. */
  float[] ordered(float[] features) {
    return pairs == null ? features : permuted(features, true);
  }

  /** What {@link #ordered} made, as it was. */
  float[] inOrder(float[] features) {
    return pairs == null ? features : permuted(features, false);
  }

  private float[] permuted(float[] from, boolean split) {
    float[] to = new float[size];
    for (int i = 0; i < size; i++) {
      int other = i / 2 + i % 2 * (size / 2);
      if (split) {
        to[other] = from[i];
      } else {
        to[i] = from[other];
      }
    }
    return to;
  }
}
