package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The output of an encoder, the input of cross-attention's keys and values.
 *
 * @param extent its sequences and their tokens
 * @param values [batch, time, width]; null in a step whose cache has the keys and values
 * @param mask [batch, time], 0 for padding; null without padding
 * @param gradient [batch, time, width], to which each cross-attention adds; null if not needed
 */
public record EncoderStates(
    Extent extent,
    @Nullable INDArray values,
    @Nullable INDArray mask,
    @Nullable INDArray gradient) {
  public static EncoderStates of(
      INDArray values, @Nullable INDArray mask, @Nullable INDArray gradient) {
    return new EncoderStates(Extent.of(values), values, mask, gradient);
  }

  /** [batch·time, width]. */
  public INDArray rows() {
    if (values == null) {
      throw new IllegalStateException("The encoder's output is not kept, only its keys.");
    }
    return extent.matrix(values);
  }

  public @Nullable INDArray gradientRows() {
    return gradient == null ? null : extent.matrix(gradient);
  }
}
