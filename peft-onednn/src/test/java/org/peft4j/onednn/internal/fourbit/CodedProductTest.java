package org.peft4j.onednn.internal.fourbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.CodedRows;
import org.peft4j.onednn.internal.vector.ElementSums;

/** Few rows times codes against sums in double precision over the elements one by one. */
class CodedProductTest {
  /** {@code w[i] = factor·value(code)}, with as many values as codes, none of them symmetric. */
  private record Random4Bits(long rows, long columns, int blockSize, byte[] bytes)
      implements CodedRows {
    static Random4Bits of(int rows, int columns, int blockSize) {
      byte[] bytes = new byte[rows * columns / 2];
      new Random(3).nextBytes(bytes);
      return new Random4Bits(rows, columns, blockSize, bytes);
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
    public float[] values() {
      float[] values = new float[16];
      for (int code = 0; code < values.length; code++) {
        values[code] = (code - 6.3f) * (code % 3 + 0.4f) / 8;
      }
      return values;
    }

    @Override
    public void factors(int block, float[] target) {
      for (int i = 0; i < target.length; i++) {
        target[i] = (block + i) % 7 - 2.5f;
      }
    }

    @Override
    public void write(int from, int to, float[] target) {
      float[] factor = new float[1];
      for (int i = 0; i < (to - from) * columns; i++) {
        int element = (int) (from * columns) + i;
        int pair = bytes[element / 2];
        factors(element / blockSize, factor);
        target[i] = values()[element % 2 == 0 ? pair >> 4 & 15 : pair & 15] * factor[0];
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 64, 64, 64",
    "1, 33, 192, 64",
    "3, 20, 512, 256",
    "4, 300, 128, 128",
    "2, 50, 96, 32",
    "1, 131, 96, 32",
    "2, 700, 192, 64",
    "3, 129, 4160, 64",
    "4, 128, 128, 128",
    "1, 1100, 64, 64",
    "2, 140, 12288, 4096",
    "1, 150, 4224, 96"
  })
  void productsAreThoseOfDoublePrecision(int m, int out, int in, int blockSize) {
    Random4Bits weight = Random4Bits.of(out, in, blockSize);
    INDArray x = Nd4j.rand(DataType.FLOAT, m, in).sub(0.5);
    INDArray y = Nd4j.create(DataType.FLOAT, m, out);
    assertThat(CodedProduct.possible(x, weight, y)).isTrue();

    CodedProduct.multiply(x, weight, y);

    ElementSums.assertAre(y, x, weight);
  }

  /** As where the JVM was started without vector instructions. */
  @ParameterizedTest
  @CsvSource({"3, 133, 160, 32", "4, 520, 4352, 128"})
  void tablesTakeMoreRowsToo(int m, int out, int in, int blockSize) {
    Random4Bits weight = Random4Bits.of(out, in, blockSize);
    INDArray x = Nd4j.rand(DataType.FLOAT, m, in).sub(0.5);
    INDArray y = Nd4j.create(DataType.FLOAT, m, out);
    assertThat(TableProduct.possible(weight)).isTrue();

    TableProduct.multiply(x, weight, y);

    ElementSums.assertAre(y, x, weight);
  }

  /** One row after the other, and all at once. */
  @Test
  void sumsDoNotDependOnTheOtherRows() {
    Random4Bits weight = Random4Bits.of(300, 256, 64);
    INDArray x = Nd4j.rand(DataType.FLOAT, 2, 256);
    INDArray both = Nd4j.create(DataType.FLOAT, 2, 300);
    INDArray one = Nd4j.create(DataType.FLOAT, 1, 300);

    CodedProduct.multiply(x, weight, both);

    for (int row = 0; row < 2; row++) {
      CodedProduct.multiply(x.getRow(row, true), weight, one);
      assertThat(one).isEqualTo(both.getRow(row, true));
    }
  }

  /** Parts of rows of blocks too: 320 columns are two and a half blocks of 128. */
  @ParameterizedTest
  @CsvSource({"9, 64, 64", "7, 192, 64", "5, 128, 128", "6, 320, 128", "4, 320, 4096", "5, 96, 32"})
  void rowsMadeByPermutationsAreThoseOfTheMatrix(int rows, int columns, int blockSize) {
    assumeTrue(PermutedCodes.present(), "permutations are used from Java 25 on");
    Random4Bits weight = Random4Bits.of(rows, columns, blockSize);
    float[] expected = new float[2 * columns];
    float[] actual = new float[2 * columns];
    weight.write(2, 4, expected);

    PermutedRows.of(weight).write(2, 4, actual);

    assertThat(actual).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"5, 64, 64, 64", "1, 33, 200, 8", "1, 40, 160, 128", "1, 2, 64, 64"})
  void othersAreLeftToPanels(int m, int out, int in, int blockSize) {
    INDArray x = Nd4j.create(DataType.FLOAT, m, in);
    INDArray y = Nd4j.create(DataType.FLOAT, m, out);

    assertThat(CodedProduct.possible(x, Random4Bits.of(out, in, blockSize), y)).isFalse();
  }
}
