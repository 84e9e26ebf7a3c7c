package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One row times a transposed weight in BFLOAT16: what decoding a token does. Each weight is read
 * once, from memory, and nothing is written but the result.
 */
final class HalfRow {
  private static final int SECOND = 0xffff0000;

  private HalfRow() {}

  /**
   * {@code out = alpha·x·weightᵀ + (accumulate) out}.
   *
   * @param x [1, k], k even
   * @param weight [n, k], dense
   * @param out [1, n], dense
   */
  static void multiply(INDArray x, INDArray weight, float alpha, boolean accumulate, INDArray out) {
    int columns = (int) weight.size(1);
    int half = columns / 2;
    float[] values = new float[columns];
    Address.floats(x, columns).get(0, values);
    float[] first = new float[half];
    float[] second = new float[half];
    for (int j = 0; j < half; j++) {
      first[j] = values[2 * j];
      second[j] = values[2 * j + 1];
    }
    IntBuffer pairs = Address.bytes(weight, 0, weight.length() * Short.BYTES).asIntBuffer();
    FloatBuffer result = Address.floats(out, weight.size(0));
    RowTasks.run(
        weight.size(0),
        columns,
        (from, to) -> {
          int[] row = new int[half];
          for (int i = from; i < to; i++) {
            pairs.get(i * half, row);
            float sum = alpha * dot(row, first, second);
            result.put(i, accumulate ? result.get(i) + sum : sum);
          }
        });
  }

  /** In several lanes: one alone would wait for each addition. */
  private static float dot(int[] row, float[] first, float[] second) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int j = 0;
    for (; j + 3 < row.length; j += 4) {
      a += product(row[j], first[j], second[j]);
      b += product(row[j + 1], first[j + 1], second[j + 1]);
      c += product(row[j + 2], first[j + 2], second[j + 2]);
      d += product(row[j + 3], first[j + 3], second[j + 3]);
    }
    for (; j < row.length; j++) {
      a += product(row[j], first[j], second[j]);
    }
    return a + b + (c + d);
  }

  private static float product(int pair, float first, float second) {
    return first * Float.intBitsToFloat(pair << 16) + second * Float.intBitsToFloat(pair & SECOND);
  }
}
