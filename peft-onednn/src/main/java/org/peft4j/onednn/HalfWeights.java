package org.peft4j.onednn;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.ScratchScope;

/**
 * Products with a weight in BFLOAT16 on processors that have none for it: panels of the weight's
 * rows are widened, which is exact, and multiplied in single precision while they are in the cache.
 */
final class HalfWeights {
  private static final long PANEL = 1 << 20;

  /** Multiplies with one widened panel. */
  private interface Panel {
    void multiply(long firstRow, MatrixLayout layout, long address);
  }

  private HalfWeights() {}

  /**
   * {@code out = alpha·a·op(weight) + (accumulate) out}.
   *
   * @param a [m, k]
   * @param weight [k, n], or [n, k] with {@code transpose}; rows dense
   * @param out [m, n], row-major
   */
  static void multiply(
      INDArray a,
      MatrixLayout left,
      INDArray weight,
      boolean transpose,
      float alpha,
      boolean accumulate,
      INDArray out) {
    MatrixLayout all = MatrixLayout.of(out).normal();
    long x = Address.of(a);
    long y = Address.of(out);
    forEachPanel(
        weight,
        (first, panel, address) -> {
          if (transpose) {
            MatrixLayout columns = new MatrixLayout(all.rows(), panel.rows(), all.rowStride(), 1);
            MatrixProduct product =
                new MatrixProduct(
                    left, panel.transposed(), columns, alpha, accumulate, false, false);
            MatrixProduct.run(product, x, address, y + first * Float.BYTES);
          } else {
            MatrixLayout part =
                new MatrixLayout(left.rows(), panel.rows(), left.rowStride(), left.columnStride());
            MatrixProduct product =
                new MatrixProduct(part, panel, all, alpha, accumulate || first > 0, false, false);
            long from = x + first * left.columnStride() * Float.BYTES;
            MatrixProduct.run(product, from, address, y);
          }
        });
  }

  private static void forEachPanel(INDArray weight, Panel task) {
    long columns = weight.size(1);
    long most = Math.min(weight.size(0), Math.max(16, PANEL / columns));
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray panel = scratch.array(DataType.FLOAT, most, columns);
      for (long first = 0; first < weight.size(0); first += most) {
        long rows = Math.min(most, weight.size(0) - first);
        widen(weight, first, rows, panel);
        task.multiply(first, new MatrixLayout(rows, columns, columns, 1), Address.of(panel));
      }
    }
  }

  private static void widen(INDArray weight, long first, long rows, INDArray panel) {
    int columns = (int) weight.size(1);
    int stride = weight.size(0) == 1 ? columns : (int) weight.stride(0);
    long offset = first * stride * Short.BYTES;
    ByteBuffer bytes = Address.bytes(weight, offset, rows * stride * Short.BYTES);
    ShortBuffer half = bytes.asShortBuffer();
    IntBuffer full = Address.bytes(panel, 0, rows * columns * Float.BYTES).asIntBuffer();
    RowTasks.run(
        rows,
        columns,
        (from, to) -> {
          short[] narrow = new short[columns];
          int[] wide = new int[columns];
          for (int i = from; i < to; i++) {
            half.get(i * stride, narrow);
            for (int j = 0; j < columns; j++) {
              wide[j] = narrow[j] << 16;
            }
            full.put(i * columns, wide);
          }
        });
  }
}
