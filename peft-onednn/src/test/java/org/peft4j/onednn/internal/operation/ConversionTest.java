package org.peft4j.onednn.internal.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class ConversionTest {
  private static INDArray array(DataType type, long... shape) {
    return Nd4j.createUninitialized(type, shape, 'c');
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64, 1000, 100_003})
  void numbersAreRoundedToTheNearestAndTiesToEven(int count) {
    Random random = new Random(count);
    float[] values = new float[count];
    float[] expected = new float[count];
    for (int i = 0; i < count; i++) {
      // Normal numbers of all exponents, every third one half way.
      int sign = random.nextInt() & 0x8000_0000;
      int bits = sign | random.nextInt(0x0080_0000, 0x7f00_0000);
      bits = i % 3 == 0 ? bits & 0xffff_0000 | 0x8000 : bits;
      values[i] = Float.intBitsToFloat(bits);
      expected[i] = Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff_0000);
    }
    INDArray narrow = array(DataType.BFLOAT16, 1, count);
    INDArray wide = array(DataType.FLOAT, 1, count);

    Conversion.run(Nd4j.createFromArray(values).reshape(1, count), narrow);
    Conversion.run(narrow, wide);

    assertThat(wide.data().asFloat()).containsExactly(expected);
  }

  @Test
  void denseMatricesOfEqualShapeAndOtherTypeAreTaken() {
    INDArray wide = array(DataType.FLOAT, 3, 4);
    INDArray narrow = array(DataType.BFLOAT16, 3, 4);
    assertThat(Conversion.possible(wide, narrow)).isTrue();
    assertThat(Conversion.possible(narrow, wide)).isTrue();
    assertThat(Conversion.possible(wide, array(DataType.FLOAT, 3, 4))).isFalse();
    assertThat(Conversion.possible(array(DataType.DOUBLE, 3, 4), narrow)).isFalse();
    assertThat(Conversion.possible(wide, array(DataType.BFLOAT16, 4, 3))).isFalse();
    INDArray part =
        array(DataType.FLOAT, 3, 8).get(NDArrayIndex.all(), NDArrayIndex.interval(0, 4));
    assertThat(Conversion.possible(part, narrow)).isFalse();
  }
}
