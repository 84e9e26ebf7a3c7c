package org.peft4j.internal.quantized;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.weight.WeightView;

/** Makes weights as integers by groups, in FP32. */
final class GroupQuantizer implements Quantizer {
  /** A multiple of two, so that a part ends with a byte. */
  private static final int ROWS = 16;

  private final GroupQuantization quantization;

  GroupQuantizer(GroupQuantization quantization) {
    this.quantization = quantization;
  }

  @Override
  public GroupWeight quantize(String name, INDArray array, WeightView view, DataType type) {
    INDArray matrix = view.of(array);
    int columns = Math.toIntExact(matrix.size(1));
    int groups = Math.toIntExact(quantization.groups(columns));
    int size = quantization.groupSize() == 0 ? columns : quantization.groupSize();
    Codes codes = Codes.allocate(quantization.bits(), matrix.length());
    float[] scales = new float[Math.toIntExact(matrix.size(0) * groups)];
    float[] offsets = new float[scales.length];
    new MatrixParts(name, matrix)
        .forEach(
            ROWS,
            (from, numbers) -> {
              int rows = numbers.length / columns;
              int[] part = new int[numbers.length];
              for (int row = 0; row < rows; row++) {
                for (int group = 0; group < groups; group++) {
                  int start = row * columns + group * size;
                  int end = Math.min((row + 1) * columns, start + size);
                  int index = (int) (from + row) * groups + group;
                  Grid grid = Grid.of(quantization, numbers, start, end);
                  scales[index] = grid.scale();
                  offsets[index] = grid.scale() * grid.zero();
                  for (int i = start; i < end; i++) {
                    part[i] = grid.code(numbers[i]);
                  }
                }
              }
              codes.put(from * columns, part);
            });
    return new GroupWeight(
        matrix.shape(),
        view,
        new InputGroups(columns, size),
        type,
        codes,
        PlainFactors.of(scales),
        PlainFactors.of(offsets));
  }

  /**
   * The grid of a group: {@code scale·(code − zero)} for codes from 0 to {@code most}.
   *
   * @param scale 1 for a group of zeros
   */
  private record Grid(float scale, int zero, int most) {

    static Grid of(GroupQuantization quantization, float[] numbers, int from, int to) {
      int most = (1 << quantization.bits()) - 1;
      float low = 0;
      float high = 0;
      for (int i = from; i < to; i++) {
        low = Math.min(low, numbers[i]);
        high = Math.max(high, numbers[i]);
      }
      if (!quantization.zeroPoints()) {
        float scale = Math.max(high, -low) / (most / 2);
        return new Grid(scale > 0 ? scale : 1, most / 2 + 1, most);
      }
      float scale = (high - low) / most;
      return scale > 0
          ? new Grid(scale, Math.round(-low / scale), most)
          : new Grid(1, most / 2 + 1, most);
    }

    int code(float number) {
      int nearest = (int) Math.rint(number / scale) + zero;
      return Math.max(0, Math.min(most, nearest));
    }
  }
}
