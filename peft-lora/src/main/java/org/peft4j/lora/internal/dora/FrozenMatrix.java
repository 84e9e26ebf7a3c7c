package org.peft4j.lora.internal.dora;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Scratch;

/**
 * A frozen weight as a matrix W [out, in], whatever its strides and its precision.
 *
 * @param array W, or with {@code transposed} Wᵀ, row-major
 */
record FrozenMatrix(INDArray array, boolean transposed) {
  private static final long CHUNK = 1 << 22;

  /**
   * Of a weight [out, in…]: the array itself or a view, a copy only of strides that are neither.
   */
  static FrozenMatrix of(INDArray weight) {
    if (isRowMajor(weight)) {
      return new FrozenMatrix(weight.reshape('c', rows(weight), columns(weight)), false);
    }
    INDArray turned = weight.transpose();
    if (weight.rank() == 2 && isRowMajor(turned)) {
      return new FrozenMatrix(turned, true);
    }
    return new FrozenMatrix(weight.dup('c').reshape('c', rows(weight), columns(weight)), false);
  }

  private static boolean isRowMajor(INDArray array) {
    long stride = 1;
    for (int d = array.rank() - 1; d >= 0; d--) {
      if (array.size(d) != 1 && array.stride(d) != stride) {
        return false;
      }
      stride *= array.size(d);
    }
    return true;
  }

  private static long rows(INDArray array) {
    return array.size(0);
  }

  private static long columns(INDArray array) {
    return array.length() / array.size(0);
  }

  /** {@code out = x·Wᵀ}: x [rows, in], out [rows, out]. */
  void forward(Kernels kernels, INDArray x, INDArray out) {
    kernels.matmul(x, false, array, !transposed, 1, 0, out);
  }

  /** {@code dx = dy·W}: dy [rows, out], dx [rows, in]. */
  void backward(Kernels kernels, INDArray dy, INDArray dx) {
    kernels.matmul(dy, false, array, transposed, 1, 0, dx);
  }

  /** W itself in another precision, as a temporary. */
  INDArray copy(DataType type) {
    INDArray w = transposed ? array.transpose() : array;
    return Scratch.of(type, w.shape()).assign(w);
  }

  /** ‖W‖² of each row, [out]: an array that outlasts this call. Widens a part of W at a time. */
  INDArray squaredNorms(DataType type) {
    INDArray sums = DetachedArrays.zeros(type, transposed ? array.size(1) : array.size(0));
    long step = Math.max(1, CHUNK / array.size(1));
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      for (long from = 0; from < array.size(0); from += step) {
        long to = Math.min(from + step, array.size(0));
        INDArray part = array.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
        INDArray squares = Scratch.of(type, part.shape()).assign(part);
        squares.muli(squares);
        if (transposed) {
          sums.addi(squares.sum(0));
        } else {
          sums.get(NDArrayIndex.interval(from, to)).assign(squares.sum(1));
        }
        Scratch.release(squares);
      }
    }
    return sums;
  }
}
