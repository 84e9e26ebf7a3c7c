package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.IntegerRows;

/** Few rows times integers against sums in double precision over the elements one by one. */
class IntegerProductTest {
  /**
   * {@code w = scale·code − offset}.
   *
   * @param groupSize 0 for groups whose inputs are apart
   */
  private record RandomIntegers(
      long rows, long columns, int bits, boolean signed, int groupSize, byte[] bytes)
      implements IntegerRows {
    static RandomIntegers of(int rows, int columns, int bits, boolean signed, int groupSize) {
      byte[] bytes = new byte[(rows * columns * bits + 7) / 8];
      new Random(5).nextBytes(bytes);
      return new RandomIntegers(rows, columns, bits, signed, groupSize, bytes);
    }

    @Override
    public DataType type() {
      return DataType.FLOAT;
    }

    @Override
    public ByteBuffer codes() {
      return ByteBuffer.wrap(bytes);
    }

    @Override
    public int groups() {
      return groupSize == 0 ? 3 : (int) (columns + groupSize - 1) / groupSize;
    }

    @Override
    public int group(int input) {
      return groupSize == 0 ? input * 7 % 3 : input / groupSize;
    }

    @Override
    public void factors(int row, float[] scales, float[] offsets) {
      for (int group = 0; group < scales.length; group++) {
        scales[group] = ((row + 2 * group) % 7 - 2.5f) / (1 << bits);
        offsets[group] = (row + group) % 5 - 1.3f;
      }
    }

    private int code(int element) {
      int code =
          bits == 8 ? (bytes[element] & 255) : (bytes[element / 2] >> (element % 2 * 4)) & 15;
      return signed && code >= 1 << (bits - 1) ? code - (1 << bits) : code;
    }

    @Override
    public void write(int from, int to, float[] target) {
      float[] scales = new float[groups()];
      float[] offsets = new float[groups()];
      for (int i = 0; i < target.length; i++) {
        int element = (int) (from * columns) + i;
        int group = group((int) (element % columns));
        factors((int) (element / columns), scales, offsets);
        target[i] = scales[group] * code(element) - offsets[group];
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 64, 64, 4, false, 64",
    "2, 33, 200, 4, false, 64",
    "3, 41, 330, 4, false, 128",
    "4, 30, 160, 4, false, 32",
    "1, 50, 154, 4, false, 32",
    "2, 40, 128, 4, false, 50",
    "1, 40, 126, 4, true, 126",
    "3, 50, 222, 4, false, 0",
    "1, 64, 64, 8, false, 32",
    "2, 37, 131, 8, false, 64",
    "4, 37, 131, 8, true, 131",
    "1, 90, 77, 8, false, 20",
    "1, 90, 77, 8, true, 9",
    "2, 61, 135, 8, false, 0"
  })
  void productsAreThoseOfDoublePrecision(
      int m, int out, int in, int bits, boolean signed, int groupSize) {
    RandomIntegers weight = RandomIntegers.of(out, in, bits, signed, groupSize);
    INDArray x = Nd4j.rand(DataType.FLOAT, m, in).sub(0.5);
    INDArray y = Nd4j.create(DataType.FLOAT, m, out);
    assertThat(IntegerProduct.possible(x, weight, y)).isTrue();

    IntegerProduct.multiply(x, weight, y);

    ElementSums.assertAre(y, x, weight);
  }

  @ParameterizedTest
  @CsvSource({"5, 64, 64, 4, 64", "1, 33, 201, 4, 201", "1, 2, 64, 8, 64"})
  void othersAreLeftToPanels(int m, int out, int in, int bits, int groupSize) {
    INDArray x = Nd4j.create(DataType.FLOAT, m, in);
    INDArray y = Nd4j.create(DataType.FLOAT, m, out);

    assertThat(IntegerProduct.possible(x, RandomIntegers.of(out, in, bits, false, groupSize), y))
        .isFalse();
  }
}
