package org.peft4j.internal.quantized;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.quantization.RowQuantization;
import org.peft4j.weight.WeightView;

/** Makes weights in fewer bits. */
public interface Quantizer {

  /** The one of a quantisation. */
  static Quantizer of(Quantization quantization) {
    if (quantization instanceof BlockQuantization blocks) {
      return new FourBitQuantizer(blocks);
    }
    return quantization instanceof RowQuantization rows
        ? new RowQuantizer(rows)
        : new GroupQuantizer((GroupQuantization) quantization);
  }

  /**
   * The nearest to a matrix.
   *
   * @param name for messages
   * @param array in the checkpoint's shape; only read
   * @param type the type of products
   * @throws org.peft4j.error.PeftException if a number is not finite, or outside of the format
   */
  QuantizedWeight quantize(String name, INDArray array, WeightView view, DataType type);
}
