package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.vector.Rounding;
import org.peft4j.safetensors.BFloat16;

/** The numbers of a dense array in single precision or BFLOAT16; for several threads at once. */
final class Numbers {
  private final @Nullable FloatBuffer single;
  private final @Nullable ShortBuffer half;

  private Numbers(@Nullable FloatBuffer single, @Nullable ShortBuffer half) {
    this.single = single;
    this.half = half;
  }

  static Numbers of(INDArray array) {
    return isHalf(array)
        ? new Numbers(null, Address.bytes(array, 0, array.length() * Short.BYTES).asShortBuffer())
        : new Numbers(RowTasks.floats(array), null);
  }

  static boolean isHalf(INDArray array) {
    return array.dataType() == DataType.BFLOAT16;
  }

  /** Puts the first {@code count} numbers of a source, rounded to the nearest. */
  void put(int at, float[] source, int count) {
    if (single != null) {
      single.put(at, source, 0, count);
    } else if (half != null) {
      short[] rounded = new short[count];
      Rounding.round(source, rounded, count);
      half.put(at, rounded);
    }
  }

  /** Reads as many numbers as {@code target} has. */
  void get(int at, float[] target) {
    if (single != null) {
      single.get(at, target);
    } else {
      for (int i = 0; i < target.length; i++) {
        target[i] = get(at + i);
      }
    }
  }

  float get(int at) {
    if (half != null) {
      return BFloat16.toFloat(half.get(at));
    }
    return single == null ? 0 : single.get(at);
  }
}
