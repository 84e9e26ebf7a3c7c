package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How rows meet the matrix of a module: each for itself, {@code y = x·Wᵀ}, or as the pixels of
 * pictures, which a {@link Convolution} multiplies with their neighbourhoods. An adapter beside the
 * module multiplies its own matrices in the same way.
 */
public sealed interface RowProduct permits RowProduct.Plain, Convolution {
  /** Each row for itself. */
  RowProduct PLAIN = new Plain();

  /** The number of rows of the result, for that number of rows. */
  long rows(long inputRows);

  /**
   * {@code y = x·Wᵀ + b + beta·y}.
   *
   * @param x [rows, in]
   * @param w [out, in], or [out, in·…kernel]; may be BFLOAT16 while the others are FLOAT
   * @param bias [out]; null for none
   * @param y [{@link #rows}, out]
   */
  void multiply(
      Kernels kernels, INDArray x, INDArray w, @Nullable INDArray bias, double beta, INDArray y);

  /** The gradient of x: {@code dx = dy·W + beta·dx}. */
  void inputGradient(Kernels kernels, INDArray dy, INDArray w, double beta, INDArray dx);

  /** The gradient of W: {@code dw = dyᵀ·x}, overwritten. */
  void weightGradient(Kernels kernels, INDArray x, INDArray dy, INDArray dw);

  /** Each row for itself. */
  final class Plain implements RowProduct {
    private Plain() {}

    @Override
    public long rows(long inputRows) {
      return inputRows;
    }

    @Override
    public void multiply(
        Kernels kernels, INDArray x, INDArray w, @Nullable INDArray bias, double beta, INDArray y) {
      if (beta == 0) {
        kernels.affine(x, w, true, bias, y);
        return;
      }
      kernels.matmul(x, false, w, true, 1, beta, y);
      if (bias != null) {
        kernels.addBias(y, bias);
      }
    }

    @Override
    public void inputGradient(Kernels kernels, INDArray dy, INDArray w, double beta, INDArray dx) {
      kernels.matmul(dy, false, w, false, 1, beta, dx);
    }

    @Override
    public void weightGradient(Kernels kernels, INDArray x, INDArray dy, INDArray dw) {
      kernels.matmul(dy, true, x, false, 1, 0, dw);
    }
  }
}
