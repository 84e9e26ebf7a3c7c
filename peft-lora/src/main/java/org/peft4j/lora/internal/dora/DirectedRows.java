package org.peft4j.lora.internal.dora;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Pass;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/**
 * The frozen matrix W [out, in] whose row norms DoRA needs.
 *
 * @param weight W, [out, in…]; or with {@code turned} Wᵀ, an embedding table [in, out]
 */
record DirectedRows(FrozenWeight weight, boolean turned) {
  private static final long CHUNK = 1 << 22;

  /** {@code out = x·Wᵀ}: x [rows, in], out [rows, out]. */
  void forward(Kernels kernels, INDArray x, INDArray out) {
    if (turned) {
      weight.multiplyTransposed(kernels, x, 0, out);
    } else {
      weight.multiply(kernels, x, null, out);
    }
  }

  /** What the module itself makes of x, without its bias. */
  void forward(Pass pass, INDArray x, INDArray out) {
    weight.multiply(pass.kernels(), pass.product(), x, null, out);
  }

  /** The gradient of the module's input: dy [rows, out], dx [rows, in]. */
  void backward(Pass pass, INDArray dy, INDArray dx) {
    weight.multiplyTransposed(pass.kernels(), pass.product(), dy, 0, dx);
  }

  /** A temporary copy of W in another precision. */
  INDArray copy(DataType type) {
    long[] shape = weight.shape();
    if (turned) {
      INDArray copy = Scratch.of(type, shape[1], shape[0]);
      weight.widen(copy.transpose());
      return copy;
    }
    INDArray copy = Scratch.of(type, shape);
    weight.widen(copy);
    return copy.reshape('c', copy.size(0), columns(copy));
  }

  private static long columns(INDArray array) {
    return array.length() / array.size(0);
  }

  /** ‖W‖² of each row, [out], in an array that outlives this call. Widens a part of W at a time. */
  INDArray squaredNorms(DataType type) {
    WeightView view = weight.view();
    if (!view.rowsFirst() && view != WeightView.TRANSPOSED) {
      return squaredNormsOfCopy(type);
    }
    boolean rowsAreStored = turned == (view == WeightView.TRANSPOSED);
    long[] shape = weight.storedShape();
    long stored = shape[0];
    long step = Math.max(1, CHUNK * stored / weight.count());
    INDArray sums = DetachedArrays.zeros(type, weight.shape()[turned ? 1 : 0]);
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      for (long from = 0; from < stored; from += step) {
        shape[0] = Math.min(step, stored - from);
        INDArray part = Scratch.of(type, shape);
        weight.read(from, from + shape[0], part);
        part.muli(part);
        if (rowsAreStored) {
          // A head's rows are stored together.
          long each = sums.length() / stored;
          INDArray rows = part.reshape('c', shape[0] * each, part.length() / (shape[0] * each));
          sums.get(NDArrayIndex.interval(from * each, (from + shape[0]) * each))
              .assign(rows.sum(1));
        } else {
          sums.addi(part.sum(0));
        }
        Scratch.release(part);
      }
    }
    return sums;
  }

  /** The same, where a part of the stored values is no part of W's rows or columns. */
  private INDArray squaredNormsOfCopy(DataType type) {
    INDArray sums = DetachedArrays.zeros(type, weight.shape()[0]);
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      INDArray rows = copy(type);
      rows.muli(rows);
      sums.assign(rows.sum(1));
      Scratch.release(rows);
    }
    return sums;
  }
}
