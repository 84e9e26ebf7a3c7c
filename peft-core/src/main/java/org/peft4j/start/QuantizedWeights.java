package org.peft4j.start;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.quantized.Quantizer;
import org.peft4j.quantization.Quantization;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/** Makes weights in fewer bits. */
public final class QuantizedWeights {
  private QuantizedWeights() {}

  /**
   * The nearest to a matrix, which the caller closes.
   *
   * @param name for messages
   * @param matrix W, [out, in], of any floating type; only read
   * @param type the type of products: FLOAT, BFLOAT16 or DOUBLE
   * @throws org.peft4j.error.PeftException if a number is not finite, or outside of the format
   */
  public static FrozenWeight nearest(
      Quantization quantization, String name, INDArray matrix, DataType type) {
    return Quantizer.of(quantization).quantize(name, matrix, WeightView.AS_STORED, type);
  }
}
