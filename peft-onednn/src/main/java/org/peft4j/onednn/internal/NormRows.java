package org.peft4j.onednn.internal;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Normalisation of rows and the gradient of its input: {@code y = w·x̂ + b} with {@code x̂ = (x −
 * μ)·r}; without a mean, μ = 0.
 */
public final class NormRows {
  private NormRows() {}

  /**
   * @param bias null for none
   * @param mean receives μ; null for root mean square normalisation
   * @param inverse receives r
   */
  public static void forward(
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double epsilon,
      INDArray y,
      @Nullable INDArray mean,
      INDArray inverse) {
    int columns = (int) x.size(1);
    FloatBuffer in = RowTasks.floats(x);
    FloatBuffer out = RowTasks.floats(y);
    FloatBuffer means = mean == null ? null : RowTasks.floats(mean);
    FloatBuffer inverses = RowTasks.floats(inverse);
    float[] w = values(weight);
    float[] b = bias == null ? new float[columns] : values(bias);
    RowTasks.run(
        x.size(0),
        columns,
        (from, to) -> {
          float[] row = new float[columns];
          for (int i = from; i < to; i++) {
            in.get(i * columns, row);
            float mu = means == null ? 0 : (float) (Sums.of(row) / columns);
            float r = (float) (1 / Math.sqrt(Sums.ofSquares(row, mu) / columns + epsilon));
            for (int j = 0; j < columns; j++) {
              row[j] = (row[j] - mu) * r * w[j] + b[j];
            }
            out.put(i * columns, row);
            inverses.put(i, r);
            if (means != null) {
              means.put(i, mu);
            }
          }
        });
  }

  /** {@code dx = r·(g − mean(g) − x̂·mean(g·x̂))} with {@code g = w·dy}. */
  public static void inputGradient(
      INDArray x,
      INDArray weight,
      @Nullable INDArray mean,
      INDArray inverse,
      INDArray dy,
      INDArray dx) {
    int columns = (int) x.size(1);
    FloatBuffer in = RowTasks.floats(x);
    FloatBuffer upper = RowTasks.floats(dy);
    FloatBuffer out = RowTasks.floats(dx);
    FloatBuffer means = mean == null ? null : RowTasks.floats(mean);
    FloatBuffer inverses = RowTasks.floats(inverse);
    float[] w = values(weight);
    RowTasks.run(
        x.size(0),
        columns,
        (from, to) -> {
          float[] normal = new float[columns];
          float[] g = new float[columns];
          for (int i = from; i < to; i++) {
            in.get(i * columns, normal);
            upper.get(i * columns, g);
            float r = inverses.get(i);
            float mu = means == null ? 0 : means.get(i);
            for (int j = 0; j < columns; j++) {
              normal[j] = (normal[j] - mu) * r;
              g[j] *= w[j];
            }
            float along = (float) (Sums.ofProducts(g, normal) / columns);
            float shift = means == null ? 0 : (float) (Sums.of(g) / columns);
            for (int j = 0; j < columns; j++) {
              g[j] = (g[j] - shift - normal[j] * along) * r;
            }
            out.put(i * columns, g);
          }
        });
  }

  private static float[] values(INDArray vector) {
    float[] values = new float[(int) vector.length()];
    RowTasks.floats(vector).get(0, values);
    return values;
  }
}
