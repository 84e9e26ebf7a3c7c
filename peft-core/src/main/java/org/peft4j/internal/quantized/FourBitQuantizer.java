package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.weight.WeightView;

/** Makes weights in 4 bits. */
final class FourBitQuantizer implements Quantizer {
  /**
   * Rows at once: a multiple of them is a multiple of every size of blocks, whatever their width.
   */
  private static final int ROWS = 64;

  private final BlockQuantization quantization;
  private final BlockQuantizer blocks;

  FourBitQuantizer(BlockQuantization quantization) {
    this.quantization = quantization;
    this.blocks = new BlockQuantizer(Codebook.of(quantization.format()), quantization.blockSize());
  }

  @Override
  public FourBitWeight quantize(String name, INDArray array, WeightView view, DataType type) {
    INDArray matrix = view.of(array);
    long columns = matrix.size(1);
    HostBytes codes = HostBytes.allocate((matrix.length() + 1) / 2);
    float[] factors = new float[blocks.blocks(matrix.length())];
    ByteBuffer target = codes.buffer();
    new MatrixParts(name, matrix)
        .forEach(
            rowsAtOnce(columns),
            (from, numbers) -> quantize(numbers, from * columns, target, factors));
    return new FourBitWeight(matrix.shape(), view, quantization, type, codes, of(factors));
  }

  /** So many that a part ends with a block, and so with a byte. */
  private int rowsAtOnce(long columns) {
    int rows = ROWS;
    while (rows * columns % quantization.blockSize() != 0) {
      rows *= 2;
    }
    return rows;
  }

  private void quantize(float[] numbers, long first, ByteBuffer target, float[] factors) {
    int size = quantization.blockSize();
    byte[] pairs = new byte[(numbers.length + 1) / 2];
    for (int from = 0; from < numbers.length; from += size) {
      int to = Math.min(numbers.length, from + size);
      float factor = blocks.factor(numbers, from, to);
      factors[(int) ((first + from) / size)] = factor;
      for (int i = from; i < to; i++) {
        int code = blocks.code(numbers[i], factor, to - from);
        pairs[i / 2] |= (byte) (i % 2 == 0 ? code << 4 : code);
      }
      if (to % 2 == 1) {
        // bitsandbytes fills the last byte up with the code of 0.
        pairs[to / 2] |= (byte) blocks.codebook().code(0);
      }
    }
    target.put((int) (first / 2), pairs);
  }

  private Factors of(float[] factors) {
    return quantization.doubleQuantization()
        ? QuantizedFactors.of(factors)
        : PlainFactors.of(factors);
  }
}
