package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.vector.Rounding;
import org.peft4j.safetensors.BFloat16;

/** The numbers of a dense array in single precision or BFLOAT16; for several threads at once. */
interface Numbers {
  /** Puts the first {@code count} numbers of a source, rounded to the nearest. */
  void put(int at, float[] source, int count);

  float get(int at);

  /** Reads as many numbers as {@code target} has. */
  void get(int at, float[] target);

  static Numbers of(INDArray array) {
    return isHalf(array)
        ? new Half(Address.bytes(array, 0, array.length() * Short.BYTES).asShortBuffer())
        : new Single(RowTasks.floats(array));
  }

  static boolean isHalf(INDArray array) {
    return array.dataType() == DataType.BFLOAT16;
  }

  /** In single precision. */
  record Single(FloatBuffer memory) implements Numbers {
    @Override
    public void put(int at, float[] source, int count) {
      memory.put(at, source, 0, count);
    }

    @Override
    public float get(int at) {
      return memory.get(at);
    }

    @Override
    public void get(int at, float[] target) {
      memory.get(at, target);
    }
  }

  /** In BFLOAT16. */
  record Half(ShortBuffer memory) implements Numbers {
    @Override
    public void put(int at, float[] source, int count) {
      short[] rounded = new short[count];
      Rounding.round(source, rounded, count);
      memory.put(at, rounded);
    }

    @Override
    public float get(int at) {
      return BFloat16.toFloat(memory.get(at));
    }

    @Override
    public void get(int at, float[] target) {
      for (int i = 0; i < target.length; i++) {
        target[i] = get(at + i);
      }
    }
  }
}
