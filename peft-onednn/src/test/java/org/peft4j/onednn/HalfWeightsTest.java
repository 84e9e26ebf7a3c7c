package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.onednn.internal.operation.MatrixLayout;
import org.peft4j.testing.Plain;

/** Panels of a weight in BFLOAT16, widened exactly: the way of processors without such products. */
class HalfWeightsTest {
  private static INDArray product(INDArray a, INDArray weight, boolean transpose) {
    double[][] w = Plain.of(weight);
    double[][] product = Plain.product(Plain.of(a), transpose ? Plain.transposed(w) : w);
    return Nd4j.createFromArray(product).castTo(DataType.FLOAT);
  }

  /** The last has a weight of more than one panel, the one before that of a single row. */
  @ParameterizedTest(name = "{0} rows, weight {1} × {2}")
  @CsvSource({"1, 1, 2", "3, 5, 8", "4, 16, 6", "2, 17, 2", "5, 1, 10", "2, 600, 2048"})
  void productsOfWholeNumbersAreExact(int rows, int first, int second) {
    INDArray weight = Floats.whole(2, first, second);
    INDArray half = weight.castTo(DataType.BFLOAT16);
    for (boolean transpose : new boolean[] {false, true}) {
      INDArray a = Floats.whole(1, rows, transpose ? second : first);
      INDArray out = Floats.whole(3, rows, transpose ? first : second);
      INDArray expected = product(a, weight, transpose);

      HalfWeights.multiply(a, half, transpose, 1, true, out);
      assertThat(out).isEqualTo(expected.add(Floats.whole(3, out.shape())));
      HalfWeights.multiply(a, half, transpose, 2, false, out);
      assertThat(out).isEqualTo(expected.mul(2));
    }
  }

  @Test
  void theOtherOperandAndTheResultMayBePartsOfWiderRows() {
    INDArray weight = Floats.whole(2, 6, 8);
    INDArray half = weight.castTo(DataType.BFLOAT16);
    INDArray a = Floats.whole(1, 3, 12).get(all(), interval(2, 10));
    INDArray wide = Floats.whole(3, 3, 9);
    INDArray before = wide.dup('c');

    HalfWeights.multiply(a, half, true, 1, false, wide.get(all(), interval(1, 7)));

    assertThat(wide.get(all(), interval(1, 7)).dup('c')).isEqualTo(product(a, weight, true));
    for (int column : new int[] {0, 7, 8}) {
      assertThat(wide.getColumn(column)).isEqualTo(before.getColumn(column));
    }
  }

  @Test
  void theOtherOperandMayBeAColumnTransposed() {
    INDArray weight = Floats.whole(2, 6, 8);
    INDArray row = Floats.whole(1, 6, 1).transpose();
    INDArray out = Floats.zeros(1, 8);

    HalfWeights.multiply(row, weight.castTo(DataType.BFLOAT16), false, 1, false, out);
    assertThat(out).isEqualTo(product(row, weight, false));
  }

  @Test
  void aWeightMustBeOfWholeRowsOfPairs() {
    MatrixLayout dense = new MatrixLayout(2, 4, 4, 1);
    INDArray weight = Floats.zeros(4, 6).castTo(DataType.BFLOAT16);

    assertThat(HalfWeights.possible(dense, weight, dense)).isTrue();
    assertThat(HalfWeights.possible(dense, weight.get(all(), interval(0, 4)), dense)).isFalse();
    assertThat(HalfWeights.possible(dense, weight.transpose(), dense)).isFalse();
    assertThat(HalfWeights.possible(dense.transposed(), weight, dense)).isFalse();
    assertThat(HalfWeights.possible(dense, weight, dense.transposed())).isFalse();
    INDArray odd = Floats.zeros(4, 5).castTo(DataType.BFLOAT16);
    assertThat(HalfWeights.possible(dense, odd, dense)).isFalse();
  }

  @Test
  void pairsAreSplitAndJoinedAgain() {
    INDArray x = Floats.whole(1, 2, 6);
    INDArray apart = Floats.zeros(2, 6);

    Pairs.split(x, apart);
    for (int row = 0; row < 2; row++) {
      int[] order = {0, 2, 4, 1, 3, 5};
      for (int i = 0; i < order.length; i++) {
        assertThat(apart.getFloat(row, i)).isEqualTo(x.getFloat(row, order[i]));
      }
    }

    INDArray joined = Floats.zeros(2, 6);
    Pairs.join(apart, joined, false);
    assertThat(joined).isEqualTo(x);
    Pairs.join(apart, joined, true);
    assertThat(joined).isEqualTo(x.mul(2));
  }
}
