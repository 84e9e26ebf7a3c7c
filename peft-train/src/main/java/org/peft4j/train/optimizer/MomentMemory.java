package org.peft4j.train.optimizer;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.quantized.BlockQuantizer;
import org.peft4j.internal.quantized.Codebook;
import org.peft4j.internal.quantized.DynamicValues;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.method.TensorPlace;

/**
 * A moment of one tensor between two steps: in full, or as codes of 8 bits and a factor for each
 * block.
 *
 * @param values the numbers, or the codes less 128, [1, n]
 * @param factors of blocks; empty for numbers in full
 * @param codebook what codes stand for
 */
record MomentMemory(INDArray values, Optional<INDArray> factors, Codebook codebook) {
  private static final int BLOCK = 256;
  private static final int MIDDLE = 128;
  private static final String CODES = "_codes";
  private static final String FACTORS = "_factors";

  static MomentMemory full(TensorPlace place) {
    INDArray values = DetachedArrays.zeros(DataType.FLOAT, 1, place.count());
    return new MomentMemory(values, Optional.empty(), DynamicValues.CODEBOOK);
  }

  /** For numbers of both signs. */
  static MomentMemory signed(TensorPlace place) {
    return coded(place, DynamicValues.CODEBOOK);
  }

  /** For numbers from 0 on. */
  static MomentMemory unsigned(TensorPlace place) {
    return coded(place, DynamicValues.UNSIGNED);
  }

  private static MomentMemory coded(TensorPlace place, Codebook codebook) {
    INDArray codes = DetachedArrays.zeros(DataType.BYTE, 1, place.count());
    INDArray factors = DetachedArrays.zeros(DataType.FLOAT, 1, blocks(place));
    return new MomentMemory(codes, Optional.of(factors), codebook);
  }

  private static long blocks(TensorPlace place) {
    return (place.count() + BLOCK - 1) / BLOCK;
  }

  /** The bytes of codes and factors. */
  static long codedBytes(TensorPlace place) {
    return place.count() + Float.BYTES * blocks(place);
  }

  /** The numbers: a copy. */
  float[] numbers() {
    if (factors.isEmpty()) {
      return values.data().asFloat();
    }
    float[] numbers = values.data().asFloat();
    float[] scales = factors.get().data().asFloat();
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = codebook.value((int) numbers[i] + MIDDLE) * scales[i / BLOCK];
    }
    return numbers;
  }

  void store(float[] numbers) {
    if (factors.isEmpty()) {
      assign(Nd4j.createFromArray(numbers), values);
      return;
    }
    byte[] codes = new byte[numbers.length];
    float[] scales = new BlockQuantizer(codebook, BLOCK).codes(numbers, ByteBuffer.wrap(codes));
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (Byte.toUnsignedInt(codes[i]) - MIDDLE);
    }
    assign(Nd4j.createFromArray(codes), values);
    assign(Nd4j.createFromArray(scales), factors.get());
  }

  private static void assign(INDArray made, INDArray target) {
    try (made) {
      target.assign(made.reshape(target.shape()));
    }
  }

  /** The arrays by kind. */
  Map<String, INDArray> state() {
    return factors
        .map(array -> Map.of(CODES, values, FACTORS, array))
        .orElseGet(() -> Map.of("", values));
  }

  /** Refuses factors and squares below 0. */
  static void requireUsable(String name, INDArray value) {
    boolean squares = name.startsWith("exp_avg_sq") && !name.startsWith("exp_avg_sq" + CODES);
    boolean ofBlocks = name.startsWith("exp_avg" + FACTORS);
    if ((squares || ofBlocks) && value.minNumber().doubleValue() < 0) {
      throw new PeftException(
          name
              + " of the checkpoint has negative values, which no training leaves. Resume from"
              + " another checkpoint.");
    }
  }
}
