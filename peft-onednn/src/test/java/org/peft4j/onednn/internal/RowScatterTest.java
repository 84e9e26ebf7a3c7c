package org.peft4j.onednn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Rows are summed where their numbers say, as in double precision. */
class RowScatterTest {
  private static final int ROWS = 700;
  private static final int COLUMNS = 67;
  private static final int TABLE = 31;

  @Test
  void sumsRowsOfEachNumberAndZerosOthers() {
    Nd4j.getRandom().setSeed(1);
    INDArray rows = Nd4j.randn(DataType.FLOAT, ROWS, COLUMNS);
    int[] ids = new Random(2).ints(ROWS, 1, TABLE).toArray();
    INDArray table = Nd4j.ones(DataType.FLOAT, TABLE, COLUMNS);
    assertThat(RowScatter.possible(rows, table)).isTrue();
    RowScatter.run(ids, rows, table);
    double[][] sums = new double[TABLE][COLUMNS];
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        sums[ids[i]][j] += rows.getDouble(i, j);
      }
    }
    INDArray expected = Nd4j.create(sums);
    assertThat(table.castTo(DataType.DOUBLE).sub(expected).amaxNumber().doubleValue())
        .isLessThan(2e-5);
    assertThat(table.getRow(0).amaxNumber().doubleValue()).isZero();
  }

  @Test
  void leavesGapsToOtherKernels() {
    INDArray rows = Nd4j.create(DataType.FLOAT, 4, 6);
    assertThat(RowScatter.possible(rows.get(all(), interval(0, 3)), Nd4j.create(4, 3))).isFalse();
  }
}
