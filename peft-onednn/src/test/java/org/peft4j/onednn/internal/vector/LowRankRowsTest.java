package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What adapters add to few rows against sums in double precision. */
class LowRankRowsTest {
  private static INDArray random(long... shape) {
    return Nd4j.rand(DataType.FLOAT, shape).subi(0.5);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 64, 16, 64",
    "1, 5, 3, 7",
    "4, 100, 1, 33",
    "2, 17, 40, 129",
    "3, 1, 8, 1",
    "1, 2048, 16, 2100",
    "2, 4096, 18, 2048"
  })
  void theSumIsThatOfDoublePrecision(int m, int in, int rank, int out) {
    INDArray wide = random(m, in + 3);
    INDArray x = wide.get(NDArrayIndex.all(), NDArrayIndex.interval(0, in)).reshape(m, in);
    INDArray a = random(rank, in);
    INDArray b = random(out, rank);
    INDArray y = random(m, out);
    INDArray before = y.dup();
    assertThat(LowRankRows.possible(x, a, b, y)).isTrue();

    LowRankRows.add(x, a, b, 1.5f, y);

    for (int row = 0; row < m; row++) {
      for (int column = 0; column < out; column++) {
        double expected = before.getDouble(row, column);
        for (int r = 0; r < rank; r++) {
          double hidden = 0;
          for (int i = 0; i < in; i++) {
            hidden += (double) a.getFloat(r, i) * x.getFloat(row, i);
          }
          expected += 1.5 * hidden * b.getFloat(column, r);
        }
        assertThat(y.getDouble(row, column))
            .isCloseTo(expected, within(1e-5 * Math.sqrt(1 + in / 64.0)));
      }
    }
  }

  @Test
  void othersAreLeftToProducts() {
    INDArray a = random(4, 8);
    INDArray b = random(6, 4);
    assertThat(LowRankRows.possible(random(5, 8), a, b, random(5, 6))).isFalse();
    assertThat(LowRankRows.possible(random(1, 8), random(8, 4).transpose(), b, random(1, 6)))
        .isFalse();
    assertThat(
            LowRankRows.possible(
                random(1, 8).castTo(DataType.DOUBLE), a, b, random(1, 6).castTo(DataType.DOUBLE)))
        .isFalse();
  }
}
