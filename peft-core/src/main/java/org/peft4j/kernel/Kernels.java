package org.peft4j.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The numerical operations that transformer blocks and adapters are written in. Matrices are
 * row-major [rows, columns]; every operation writes to arrays that the caller gives.
 */
public interface Kernels {
  /**
   * {@code out = alpha·op(a)·op(b) + beta·out}, where op transposes if the flag says so.
   *
   * @param out [rows of op(a), columns of op(b)]
   * @param beta 0 to overwrite, 1 to accumulate
   */
  void matmul(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out);
}
