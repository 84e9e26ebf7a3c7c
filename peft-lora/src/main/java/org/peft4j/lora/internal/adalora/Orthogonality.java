package org.peft4j.lora.internal.adalora;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.Scratch;

/**
 * The distance of r vectors from orthonormal ones: {@code w·‖M‖} with {@code M = P·Pᵀ − I} [r, r]
 * and the vectors as rows of P; its gradient is {@code 2w·M·P/‖M‖}, zero where M is.
 *
 * @param weight w
 */
record Orthogonality(double weight) {
  /** The value for a matrix whose rows, or otherwise columns, are the vectors. */
  double value(Kernels kernels, INDArray matrix, boolean rows) {
    if (weight == 0) {
      return 0;
    }
    INDArray defect = defect(kernels, matrix, rows);
    double norm = defect.norm2Number().doubleValue();
    Scratch.release(defect);
    return weight * norm;
  }

  /** Adds {@code scale} times the gradient to {@code gradient}. */
  void addGradient(
      Kernels kernels, INDArray matrix, boolean rows, double scale, INDArray gradient) {
    if (weight == 0) {
      return;
    }
    INDArray defect = defect(kernels, matrix, rows);
    double norm = defect.norm2Number().doubleValue();
    if (norm > 0) {
      double factor = 2 * weight * scale / norm;
      if (rows) {
        kernels.matmul(defect, false, matrix, false, factor, 1, gradient);
      } else {
        kernels.matmul(matrix, false, defect, false, factor, 1, gradient);
      }
    }
    Scratch.release(defect);
  }

  private static INDArray defect(Kernels kernels, INDArray matrix, boolean rows) {
    long rank = rows ? matrix.size(0) : matrix.size(1);
    INDArray defect = Scratch.of(matrix.dataType(), rank, rank);
    kernels.matmul(matrix, !rows, matrix, rows, 1, 0, defect);
    INDArray identity = Nd4j.eye(rank).castTo(matrix.dataType());
    defect.subi(identity);
    Scratch.release(identity);
    return defect;
  }
}
