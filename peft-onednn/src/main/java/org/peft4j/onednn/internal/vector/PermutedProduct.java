package org.peft4j.onednn.internal.vector;

import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.CodedRows;
import org.peft4j.onednn.internal.RowTasks;

/** Few rows times a matrix in 4 bits, by permutations. */
final class PermutedProduct {
  private PermutedProduct() {}

  /** Whether {@link #multiply} takes a matrix whose rows are whole blocks. */
  static boolean possible(CodedRows weight) {
    return PermutedCodes.present()
        && weight.rows() * weight.columns() >= FewRows.LEAST
        && weight.blockSize() % PermutedCodes.UNIT == 0;
  }

  /** As {@link CodedProduct#multiply}. */
  static void multiply(INDArray x, CodedRows weight, INDArray out) {
    PermutedCodes codes = PermutedCodes.of(weight.values());
    float[][] rows = FewRows.of(x);
    int columns = rows[0].length;
    float[][] ordered = new float[rows.length][];
    for (int row = 0; row < rows.length; row++) {
      ordered[row] = codes.ordered(rows[row]);
    }
    int words = columns / PermutedCodes.WORD;
    int blocks = columns / weight.blockSize();
    int inBlock = weight.blockSize() / PermutedCodes.UNIT;
    int units = codes.room(columns) / PermutedCodes.UNIT;
    LongBuffer memory = weight.codes().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    FewRows results = new FewRows(out, 1, false);
    RowTasks.run(
        weight.rows(),
        columns,
        (from, to) -> {
          long[] ofRow = new long[codes.room(columns) / PermutedCodes.WORD];
          float[] ofBlocks = new float[blocks];
          float[] ofUnits = new float[units];
          for (int column = from; column < to; column++) {
            memory.get(column * words, ofRow, 0, words);
            weight.factors(column * blocks, ofBlocks);
            PermutedCodes.spread(ofBlocks, 0, inBlock, ofUnits, columns / PermutedCodes.UNIT);
            for (int row = 0; row < ordered.length; row++) {
              results.put(row, column, codes.dot(ofRow, ofUnits, ordered[row]));
            }
          }
        });
  }
}
