package org.peft4j.transformers.internal.position;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;

/**
 * Rotary positions of the tokens of a call.
 *
 * @param cos [1 or batch, time, size], for the first {@code size} features of each head; null
 *     without rotary positions
 * @param sin likewise
 */
public record Rotation(@Nullable INDArray cos, @Nullable INDArray sin) {
  public void rotate(Kernels kernels, INDArray heads) {
    if (cos != null && sin != null) {
      kernels.rotate(heads, cos, sin);
    }
  }

  public void rotateBack(Kernels kernels, INDArray heads) {
    if (cos != null && sin != null) {
      kernels.rotateBack(heads, cos, sin);
    }
  }
}
