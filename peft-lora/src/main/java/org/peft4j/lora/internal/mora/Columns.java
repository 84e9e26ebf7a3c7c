package org.peft4j.lora.internal.mora;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.memory.ScratchScope;

/** Repeats rows periodically, and folds them back; each operation is the other's transpose. */
final class Columns {
  private Columns() {}

  /** {@code y[i, j] = x[i, j mod n]} for x [rows, n]: y [rows, width], narrower or wider than x. */
  static INDArray repeated(INDArray x, long width, ScratchScope scratch) {
    if (x.size(1) == width) {
      return x;
    }
    INDArray y = scratch.array(x.dataType(), x.size(0), width);
    for (long from = 0; from < width; from += x.size(1)) {
      long to = Math.min(from + x.size(1), width);
      part(y, from, to).assign(part(x, 0, to - from));
    }
    return y;
  }

  /** {@code x[i, k] = Σ y[i, j]} over all j with j mod n = k, for y [rows, width]: x [rows, n]. */
  static INDArray folded(INDArray y, long n, ScratchScope scratch) {
    if (y.size(1) == n) {
      return y;
    }
    INDArray x = scratch.array(y.dataType(), y.size(0), n).assign(0);
    for (long from = 0; from < y.size(1); from += n) {
      long to = Math.min(from + n, y.size(1));
      part(x, 0, to - from).addi(part(y, from, to));
    }
    return x;
  }

  private static INDArray part(INDArray array, long from, long to) {
    return array.get(NDArrayIndex.all(), NDArrayIndex.interval(from, to));
  }
}
