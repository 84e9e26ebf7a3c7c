package org.peft4j.onednn.internal.winograd;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;

/**
 * The taps of a weight [out, in·9] of FLOAT or BFLOAT16, for one thread.
 *
 * <p>The gradient of the input meets them in the opposite order.
 */
final class Taps {
  private static final int TAPS = 9;

  private final int in;
  private final boolean back;
  private final @Nullable FloatBuffer single;
  private final @Nullable ShortBuffer half;
  private float[] numbers = new float[0];
  private short[] halves = new short[0];

  Taps(INDArray weight, boolean back) {
    this.in = (int) (weight.size(1) / TAPS);
    this.back = back;
    boolean wide = weight.dataType() == DataType.FLOAT;
    this.single = wide ? RowTasks.floats(weight) : null;
    this.half =
        wide ? null : Address.bytes(weight, 0, weight.length() * Short.BYTES).asShortBuffer();
  }

  /**
   * Reads kernels of a row: tap t of all of them from {@code t·room} on.
   *
   * @param kernel the first
   */
  void read(int row, int kernel, int count, float[] each, int room) {
    load((row * in + kernel) * TAPS, count * TAPS);
    int step = back ? -room : room;
    int to = back ? (TAPS - 1) * room : 0;
    for (int i = 0; i < count; i++) {
      int at = i * TAPS;
      int first = to + i;
      each[first] = numbers[at];
      each[first + step] = numbers[at + 1];
      each[first + 2 * step] = numbers[at + 2];
      each[first + 3 * step] = numbers[at + 3];
      each[first + 4 * step] = numbers[at + 4];
      each[first + 5 * step] = numbers[at + 5];
      each[first + 6 * step] = numbers[at + 6];
      each[first + 7 * step] = numbers[at + 7];
      each[first + 8 * step] = numbers[at + 8];
    }
  }

  private void load(int at, int count) {
    if (numbers.length < count) {
      numbers = new float[count];
      halves = half == null ? halves : new short[count];
    }
    if (single != null) {
      single.get(at, numbers, 0, count);
    } else if (half != null) {
      half.get(at, halves, 0, count);
      for (int i = 0; i < count; i++) {
        numbers[i] = Float.intBitsToFloat(halves[i] << 16);
      }
    }
  }
}
