package org.peft4j.onednn.internal.fourbit;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.CodedRows;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.vector.FewRows;

/**
 * Few rows times a matrix in 4 bits, by tables that all rows of the matrix share. It needs no
 * vector instructions.
 */
final class TableProduct {
  /** Rows of the matrix that are worth a set of tables. */
  static final int GROUP = 128;

  private final float[][] x;
  private final CodedRows weight;
  private final PairTables tables;
  private final FewRows results;

  private TableProduct(float[][] x, CodedRows weight, FewRows results) {
    this.x = x;
    this.weight = weight;
    this.tables = new PairTables(weight.values());
    this.results = results;
  }

  static boolean possible(CodedRows weight) {
    return weight.rows() >= GROUP && weight.blockSize() % PairTables.CODES == 0;
  }

  /** As {@link CodedProduct#multiply}. */
  static void multiply(INDArray x, CodedRows weight, INDArray out) {
    TableProduct product = new TableProduct(FewRows.of(x), weight, new FewRows(out, 1, false));
    int rows = (int) weight.rows();
    int groups = rows / GROUP;
    RowTasks.run(
        groups,
        GROUP * weight.columns(),
        (from, to) -> product.compute(from * GROUP, to == groups ? rows : to * GROUP));
  }

  /** Makes the results of some rows of the matrix. */
  private void compute(int from, int to) {
    CodeTile tile = new CodeTile(weight);
    float[][] sums = new float[x.length][CodeTile.ROWS];
    for (int first = from; first < to; first += CodeTile.ROWS) {
      int count = Math.min(CodeTile.ROWS, to - first);
      for (float[] sum : sums) {
        Arrays.fill(sum, 0);
      }
      for (int column = 0; column < x[0].length; column += tile.most()) {
        tile.read(first, count, column);
        for (int row = 0; row < x.length; row++) {
          tables.add(tile, x[row], column, sums[row]);
        }
      }
      for (int row = 0; row < x.length; row++) {
        for (int i = 0; i < count; i++) {
          results.put(row, first + i, sums[row][i]);
        }
      }
    }
  }
}
