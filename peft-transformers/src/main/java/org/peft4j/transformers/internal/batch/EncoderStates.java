package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The output of an encoder, the input of cross-attention's keys and values.
 *
 * @param values [batch, time, width]
 * @param mask [batch, time], 0 for padding; null without padding
 * @param gradient [batch, time, width], to which each cross-attention adds; null if not needed
 */
public record EncoderStates(INDArray values, @Nullable INDArray mask, @Nullable INDArray gradient) {
  public Extent extent() {
    return Extent.of(values);
  }

  /** [batch·time, width]. */
  public INDArray rows() {
    return extent().matrix(values);
  }

  public @Nullable INDArray gradientRows() {
    return gradient == null ? null : extent().matrix(gradient);
  }
}
