package org.peft4j.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The kernels in ND4J operations only: they run on every backend and are the reference of others.
 */
public final class Nd4jKernels implements Kernels {
  @Override
  public void matmul(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out) {
    // A column-major product of the transposed operands: outᵀ = op(b)ᵀ·op(a)ᵀ.
    Nd4j.gemm(b, a, out.transpose(), !transposeB, !transposeA, alpha, beta);
  }
}
