package org.peft4j.internal.method;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Pass;
import org.peft4j.memory.Scratch;

/**
 * A head whose rows {@code ids} of the weight change by D [ids, in]: {@code y[:, id_k] += x·D[k]}.
 */
final class HeadColumns {
  private HeadColumns() {}

  static void forward(Pass pass, List<Integer> ids, INDArray change, INDArray x, INDArray y) {
    INDArray columns = Scratch.of(y.dataType(), x.size(0), change.size(0));
    pass.kernels().matmul(x, false, change, true, 1, 0, columns);
    for (int k = 0; k < ids.size(); k++) {
      column(y, ids.get(k)).addi(column(columns, k));
    }
    Scratch.release(columns);
  }

  /**
   * Writes the gradient of D, and adds to that of x.
   *
   * @param beta 0 to overwrite {@code gradient}, 1 to add to it
   */
  static void backward(
      Pass pass,
      List<Integer> ids,
      INDArray change,
      INDArray x,
      INDArray dy,
      INDArray gradient,
      double beta,
      @Nullable INDArray dx) {
    INDArray columns = Scratch.of(dy.dataType(), x.size(0), change.size(0));
    for (int k = 0; k < ids.size(); k++) {
      column(columns, k).assign(column(dy, ids.get(k)));
    }
    pass.kernels().matmul(columns, true, x, false, 1, beta, gradient);
    if (dx != null) {
      pass.kernels().matmul(columns, false, change, false, 1, 1, dx);
    }
    Scratch.release(columns);
  }

  /** A column as a matrix, whatever the number of columns. */
  private static INDArray column(INDArray matrix, int index) {
    return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(index, index + 1));
  }
}
