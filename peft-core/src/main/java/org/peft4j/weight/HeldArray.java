package org.peft4j.weight;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.Scratch;

/**
 * An array, and its matrix for kernels.
 *
 * @param matrix W [out, in…], or with {@code transposed} Wᵀ, row-major; null if neither is a view
 *     of the array
 */
record HeldArray(INDArray array, WeightView view, @Nullable INDArray matrix, boolean transposed) {
  static HeldArray of(INDArray array, WeightView view) {
    INDArray weight = view.of(array);
    if (weight.rank() < 2) {
      return new HeldArray(array, view, null, false);
    }
    if (isRowMajor(weight)) {
      long rows = weight.size(0);
      INDArray matrix =
          weight.rank() == 2 ? weight : weight.reshape('c', rows, weight.length() / rows);
      return new HeldArray(array, view, matrix, false);
    }
    INDArray turned = weight.transpose();
    boolean matrix = weight.rank() == 2 && isRowMajor(turned);
    return new HeldArray(array, view, matrix ? turned : null, matrix);
  }

  static boolean isRowMajor(INDArray array) {
    long stride = 1;
    for (int d = array.rank() - 1; d >= 0; d--) {
      if (array.size(d) != 1 && array.stride(d) != stride) {
        return false;
      }
      stride *= array.size(d);
    }
    return true;
  }

  /** Calls {@code product} with the matrix, or with a copy of it where none is a view. */
  void withMatrix(Consumer<INDArray> product) {
    if (matrix != null) {
      product.accept(matrix);
      return;
    }
    INDArray weight = view.of(array);
    if (weight.rank() < 2) {
      throw new IllegalStateException(
          "A weight stored as " + Arrays.toString(array.shape()) + " is not a matrix.");
    }
    long rows = weight.size(0);
    INDArray copy = Scratch.of(weight.dataType(), rows, weight.length() / rows);
    copy.reshape('c', weight.shape()).assign(weight);
    product.accept(copy);
    Scratch.release(copy);
  }
}
