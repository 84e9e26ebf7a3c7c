package org.peft4j.onednn.internal;

import java.nio.FloatBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Multiplies the columns of a matrix by a vector, and computes that vector's gradient. */
public final class ColumnScaling {
  private ColumnScaling() {}

  /** {@code y = l ⊙ x} for each row: x and y [n, m], possibly the same array, l [m]. */
  public static void scale(INDArray x, INDArray l, INDArray y) {
    int columns = Math.toIntExact(x.size(1));
    FloatBuffer input = RowTasks.floats(x);
    FloatBuffer output = RowTasks.floats(y);
    float[] factors = new float[columns];
    RowTasks.floats(l).get(0, factors);
    RowTasks.run(
        x.size(0),
        columns,
        (from, to) -> {
          float[] row = new float[columns];
          for (int i = from; i < to; i++) {
            input.get(i * columns, row);
            for (int j = 0; j < columns; j++) {
              row[j] *= factors[j];
            }
            output.put(i * columns, row);
          }
        });
  }

  /** {@code sums = Σ over rows of a ⊙ b}, summed in the order of the row parts. */
  public static void sumsOfProducts(INDArray a, INDArray b, INDArray sums) {
    int columns = Math.toIntExact(a.size(1));
    FloatBuffer left = RowTasks.floats(a);
    FloatBuffer right = RowTasks.floats(b);
    Map<Integer, double[]> parts = new ConcurrentSkipListMap<>();
    RowTasks.run(
        a.size(0),
        columns,
        (from, to) -> {
          double[] sum = new double[columns];
          float[] p = new float[columns];
          float[] q = new float[columns];
          for (int i = from; i < to; i++) {
            left.get(i * columns, p);
            right.get(i * columns, q);
            for (int j = 0; j < columns; j++) {
              sum[j] += p[j] * q[j];
            }
          }
          parts.put(from, sum);
        });
    float[] total = new float[columns];
    double[] exact = new double[columns];
    parts.values().forEach(part -> add(part, exact));
    for (int j = 0; j < columns; j++) {
      total[j] = (float) exact[j];
    }
    RowTasks.floats(sums).put(0, total);
  }

  private static void add(double[] part, double[] sum) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] += part[j];
    }
  }
}
