package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.quantization.RowQuantization;
import org.peft4j.safetensors.Half;
import org.peft4j.weight.WeightView;

/**
 * Makes weights in 8 bits by rows, in the arithmetic of bitsandbytes: numbers are rounded to FP16;
 * {@code code = rint(w·((1/a)·127))} in FP32, where a is the absolute maximum of the row.
 */
final class RowQuantizer implements Quantizer {
  private static final int ROWS = 16;
  private static final float MOST = 127;

  private final RowQuantization quantization;

  RowQuantizer(RowQuantization quantization) {
    this.quantization = quantization;
  }

  @Override
  public RowWeight quantize(String name, INDArray array, WeightView view, DataType type) {
    INDArray matrix = view.of(array);
    int columns = Math.toIntExact(matrix.size(1));
    HostBytes codes = HostBytes.allocate(matrix.length());
    float[] factors = new float[Math.toIntExact(matrix.size(0))];
    ByteBuffer target = codes.buffer();
    new MatrixParts(name, matrix)
        .forEach(
            ROWS,
            (from, numbers) -> {
              for (int row = 0; row * columns < numbers.length; row++) {
                byte[] line = new byte[columns];
                factors[(int) from + row] = codes(name, numbers, row * columns, line);
                target.put(Math.toIntExact((from + row) * columns), line);
              }
            });
    return new RowWeight(matrix.shape(), view, quantization, type, codes, PlainFactors.of(factors));
  }

  /** Writes the codes of a row, and returns its factor. */
  private static float codes(String name, float[] numbers, int at, byte[] line) {
    float[] halves = new float[line.length];
    float most = 0;
    for (int i = 0; i < line.length; i++) {
      halves[i] = Half.toFloat(Half.fromFloat(numbers[at + i]));
      most = Math.max(most, Math.abs(halves[i]));
    }
    if (Float.isInfinite(most)) {
      throw new PeftException(
          name
              + " holds a number beyond 65504, the largest of FP16, which int8 starts from. Use nf4,"
              + " or leave the module out with skipModules.");
    }
    if (most > 0) {
      float scale = 1 / most * MOST;
      for (int i = 0; i < line.length; i++) {
        line[i] = (byte) Math.rint(halves[i] * scale);
      }
    }
    return most;
  }
}
