package org.peft4j.onednn;

import java.nio.IntBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.operation.MatrixLayout;
import org.peft4j.onednn.internal.operation.MatrixProduct;
import org.peft4j.onednn.internal.operation.Operands;

/**
 * Products with a BFLOAT16 weight where oneDNN has none that widens it ({@link Processor#widens}):
 * widens panels of the weight's rows, which is exact, and multiplies them in single precision while
 * they are in the cache.
 *
 * <p>Two neighbours in a row are one integer in memory. Widening puts the first of all pairs before
 * the second of all pairs, so that loops work on whole vectors; the other side of the product has
 * the same order.
 */
final class HalfWeights {
  /** Elements of a panel, 4 MB, which stays in the cores' shared cache. */
  private static final long PANEL = 1 << 20;

  /** Multiplies with one widened panel. */
  private interface Panel {
    void multiply(long firstRow, MatrixLayout layout, long address);
  }

  private HalfWeights() {}

  /** Whether the operands have suitable layouts. */
  static boolean possible(MatrixLayout a, INDArray weight, MatrixLayout out) {
    boolean wholeRows = weight.size(0) == 1 || weight.stride(0) == weight.size(1);
    return a.rowMajor()
        && out.rowMajor()
        && weight.size(1) % 2 == 0
        && weight.stride(1) == 1
        && wholeRows;
  }

  /**
   * {@code out = alpha·a·op(weight) + (accumulate) out}.
   *
   * @param a [m, k]
   * @param weight [k, n], or [n, k] with {@code transpose}
   * @param out [m, n]
   */
  static void multiply(
      INDArray a,
      INDArray weight,
      boolean transpose,
      float alpha,
      boolean accumulate,
      INDArray out) {
    long rows = a.size(0);
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray pairs = scratch.array(DataType.FLOAT, rows, weight.size(1));
      MatrixLayout apart = MatrixLayout.of(pairs).normal();
      if (transpose) {
        Pairs.split(a, pairs);
        MatrixLayout result = MatrixLayout.of(out).normal();
        forEachPanel(
            weight,
            (first, panel, address) -> {
              MatrixLayout columns =
                  new MatrixLayout(rows, panel.rows(), result.rowStride(), 1).normal();
              MatrixProduct product =
                  new MatrixProduct(
                      apart,
                      panel.transposed(),
                      columns,
                      alpha,
                      accumulate,
                      false,
                      Operands.SINGLE);
              long to = Address.of(out) + first * Float.BYTES;
              MatrixProduct.run(product, Address.of(pairs), address, to);
            });
      } else {
        MatrixLayout left = MatrixLayout.of(a).normal();
        forEachPanel(
            weight,
            (first, panel, address) -> {
              MatrixLayout part =
                  new MatrixLayout(rows, panel.rows(), left.rowStride(), 1).normal();
              MatrixProduct product =
                  new MatrixProduct(part, panel, apart, alpha, first > 0, false, Operands.SINGLE);
              long from = Address.of(a) + first * Float.BYTES;
              MatrixProduct.run(product, from, address, Address.of(pairs));
            });
        Pairs.join(pairs, out, accumulate);
      }
    }
  }

  private static void forEachPanel(INDArray weight, Panel task) {
    long columns = weight.size(1);
    long most = Math.min(weight.size(0), Math.max(16, PANEL / columns));
    try (ReusedScope scratch = new ReusedScope()) {
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
    int half = columns / 2;
    long bytes = rows * columns * Short.BYTES;
    IntBuffer pairs = Address.bytes(weight, first * columns * Short.BYTES, bytes).asIntBuffer();
    IntBuffer wide = Address.bytes(panel, 0, 2 * bytes).asIntBuffer();
    RowTasks.run(
        rows,
        columns,
        (from, to) -> {
          int[] both = new int[half];
          int[] one = new int[half];
          for (int i = from; i < to; i++) {
            pairs.get(i * half, both);
            for (int j = 0; j < half; j++) {
              one[j] = both[j] << 16;
            }
            wide.put(i * columns, one);
            for (int j = 0; j < half; j++) {
              one[j] = both[j] & 0xffff0000;
            }
            wide.put(i * columns + half, one);
          }
        });
  }
}
