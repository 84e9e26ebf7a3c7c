package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.memory.ReusedScope;

/**
 * Products with a matrix that is made in rows: a panel of rows after the other, small enough for
 * the cores' shared cache, so that the memory does not depend on the size of the matrix.
 */
final class Panels {
  /** Bytes of a panel. */
  private static final long SIZE = 8 << 20;

  /** A panel has a multiple of so many rows: products of oneDNN are computed in such blocks. */
  private static final long BLOCK = 64;

  private Panels() {}

  /** {@code out = x·Wᵀ + b}. */
  static void affine(
      Kernels kernels, INDArray x, WeightRows weight, @Nullable INDArray bias, INDArray out) {
    forEach(
        kernels,
        weight,
        (from, to, panel) -> kernels.matmul(x, false, panel, true, 1, 0, columns(out, from, to)));
    if (bias != null) {
      kernels.addBias(out, bias);
    }
  }

  /** {@code dx = dy·W + beta·dx}. */
  static void matmul(Kernels kernels, INDArray dy, WeightRows weight, double beta, INDArray dx) {
    forEach(
        kernels,
        weight,
        (from, to, panel) ->
            kernels.matmul(
                columns(dy, from, to), false, panel, false, 1, from == 0 ? beta : 1, dx));
  }

  private static INDArray columns(INDArray matrix, long from, long to) {
    return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(from, to));
  }

  /** Uses the rows of a panel. */
  private interface Use {
    void rows(long from, long to, INDArray panel);
  }

  private static void forEach(Kernels kernels, WeightRows weight, Use use) {
    long width = weight.columns();
    DataType type = kernels.panelType(weight);
    long most = Math.max(1, Math.round((double) SIZE / (width * type.width() * BLOCK))) * BLOCK;
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray memory = scratch.array(type, Math.min(most, weight.rows()), width);
      for (long from = 0; from < weight.rows(); from += most) {
        long to = Math.min(from + most, weight.rows());
        INDArray panel =
            to - from == memory.size(0)
                ? memory
                : memory.get(NDArrayIndex.interval(0, to - from), NDArrayIndex.all());
        kernels.fill(weight, (int) from, panel);
        use.rows(from, to, panel);
      }
    }
  }
}
