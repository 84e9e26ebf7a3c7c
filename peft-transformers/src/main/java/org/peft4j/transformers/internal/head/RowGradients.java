package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The gradients of some rows of a matrix; those of all other rows are zero.
 *
 * @param rows their indices, each once
 * @param values [rows + 1, width]: their gradients, then a spare row that {@link #scatter} sets to
 *     zero
 */
public record RowGradients(int[] rows, INDArray values) {
  public static RowGradients of(int[] rows, long width, CallMemory memory) {
    return new RowGradients(rows, memory.temporary(rows.length + 1L, width));
  }

  /** Writes the gradients of all rows. */
  public void scatter(Kernels kernels, INDArray all) {
    values.getRow(rows.length).assign(0);
    int[] source = new int[(int) all.size(0)];
    Arrays.fill(source, rows.length);
    for (int i = 0; i < rows.length; i++) {
      source[rows[i]] = i;
    }
    kernels.lookUp(values, source, all);
  }
}
