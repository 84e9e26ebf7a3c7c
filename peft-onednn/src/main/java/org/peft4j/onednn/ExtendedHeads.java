package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.BatchProduct.Axis;
import org.peft4j.onednn.BatchProduct.Heads;
import org.peft4j.onednn.TileScores.Operand;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;

/**
 * Heads of rows with one more feature, as matrices [heads, rows, D + 1]: a product with another's
 * then adds the product of both features, which is how a number of its own is subtracted from each
 * row of scores at no cost.
 */
record ExtendedHeads(INDArray matrices) {
  /** The last feature of a row of a head. */
  interface Feature {
    /**
     * @param values of all heads in the row
     */
    float of(int row, int head, float[] values);
  }

  /**
   * Writes rows of [B, T, heads, D].
   *
   * @param first the first row, counted over sequences
   * @param factor of the D features
   */
  void fill(INDArray x, int first, float factor, Feature last) {
    int heads = (int) matrices.size(0);
    int rows = (int) matrices.size(1);
    int width = (int) matrices.size(2);
    int size = width - 1;
    HeadRows from = HeadRows.of(x);
    FloatBuffer to = RowTasks.floats(matrices);
    RowTasks.run(
        rows,
        (long) heads * width,
        (start, end) -> {
          float[] row = new float[heads * size];
          float[] extended = new float[width];
          for (int i = start; i < end; i++) {
            from.get(first + i, row);
            for (int head = 0; head < heads; head++) {
              for (int j = 0; j < size; j++) {
                extended[j] = factor * row[head * size + j];
              }
              extended[size] = last.of(i, head, row);
              to.put((head * rows + i) * width, extended);
            }
          }
        });
  }

  /** Rows from {@code from} on, of {@code heads} heads with that step, as an operand. */
  Operand operand(int head, int heads, int step, int from, int rows) {
    long width = matrices.size(2);
    long matrix = matrices.size(1) * width;
    Heads layout =
        new Heads(new Axis(heads, step * matrix), new Axis(rows, width), new Axis(width, 1));
    return new Operand(Address.of(matrices) + (head * matrix + from * width) * Float.BYTES, layout);
  }
}
