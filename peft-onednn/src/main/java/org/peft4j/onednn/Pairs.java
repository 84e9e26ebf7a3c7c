package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;

/**
 * Reorders rows between pairs of neighbours, and the first of all pairs before the second of all
 * pairs.
 */
final class Pairs {
  private Pairs() {}

  /** {@code apart = [x₀ x₂ x₄ … x₁ x₃ x₅ …]} for each row of {@code x} [rows, columns]. */
  static void split(INDArray x, INDArray apart) {
    int columns = (int) x.size(1);
    int half = columns / 2;
    int stride = stride(x);
    FloatBuffer in = rows(x);
    FloatBuffer out = RowTasks.floats(apart);
    RowTasks.run(
        x.size(0),
        columns,
        (from, to) -> {
          float[] pairs = new float[columns];
          float[] row = new float[columns];
          for (int i = from; i < to; i++) {
            in.get(i * stride, pairs);
            for (int j = 0; j < half; j++) {
              row[j] = pairs[2 * j];
              row[half + j] = pairs[2 * j + 1];
            }
            out.put(i * columns, row);
          }
        });
  }

  /** Undoes {@link #split}: writes {@code x}, or adds to it. */
  static void join(INDArray apart, INDArray x, boolean accumulate) {
    int columns = (int) x.size(1);
    int half = columns / 2;
    int stride = stride(x);
    FloatBuffer in = RowTasks.floats(apart);
    FloatBuffer out = rows(x);
    RowTasks.run(
        x.size(0),
        columns,
        (from, to) -> {
          float[] row = new float[columns];
          float[] pairs = new float[columns];
          for (int i = from; i < to; i++) {
            in.get(i * columns, row);
            if (accumulate) {
              out.get(i * stride, pairs);
              for (int j = 0; j < half; j++) {
                pairs[2 * j] += row[j];
                pairs[2 * j + 1] += row[half + j];
              }
            } else {
              for (int j = 0; j < half; j++) {
                pairs[2 * j] = row[j];
                pairs[2 * j + 1] = row[half + j];
              }
            }
            out.put(i * stride, pairs);
          }
        });
  }

  private static int stride(INDArray x) {
    return x.size(0) == 1 ? (int) x.size(1) : (int) x.stride(0);
  }

  private static FloatBuffer rows(INDArray x) {
    return Address.floats(x, (x.size(0) - 1) * stride(x) + x.size(1));
  }
}
