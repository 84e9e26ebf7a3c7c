package org.peft4j.onednn.internal.vector;

import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.CodedRows;
import org.peft4j.onednn.internal.RowTasks;

/** Few rows times a matrix in 4 bits, by permutations. */
final class PermutedProduct {
  /** Rows of the matrix that are copied at once, where a row is whole steps. */
  private static final int TOGETHER = 4;

  private final CodedRows weight;
  private final PermutedCodes codes;
  private final float[][] x;
  private final FewRows results;

  /** Of a row of the matrix: words, and the same to the end of a step; blocks, units. */
  private final int words;

  private final int roomOfWords;
  private final int blocks;
  private final int units;
  private final int roomOfUnits;

  private PermutedProduct(float[][] x, CodedRows weight, FewRows results) {
    this.weight = weight;
    this.codes = PermutedCodes.of(weight.values());
    this.x = new float[x.length][];
    for (int row = 0; row < x.length; row++) {
      this.x[row] = codes.ordered(x[row]);
    }
    this.results = results;
    int columns = x[0].length;
    words = columns / PermutedCodes.WORD;
    roomOfWords = codes.room(columns) / PermutedCodes.WORD;
    blocks = columns / weight.blockSize();
    units = columns / PermutedCodes.UNIT;
    roomOfUnits = codes.room(columns) / PermutedCodes.UNIT;
  }

  /** Whether {@link #multiply} takes a matrix whose rows are whole blocks. */
  static boolean possible(CodedRows weight) {
    return PermutedCodes.present()
        && weight.rows() * weight.columns() >= FewRows.LEAST
        && weight.blockSize() % PermutedCodes.UNIT == 0;
  }

  /** As {@link CodedProduct#multiply}. */
  static void multiply(INDArray x, CodedRows weight, INDArray out) {
    PermutedProduct product =
        new PermutedProduct(FewRows.of(x), weight, new FewRows(out, 1, false));
    RowTasks.run(weight.rows(), weight.columns(), product::compute);
  }

  /** Makes the results of some rows of the matrix. */
  private void compute(int from, int to) {
    int together = words == roomOfWords ? TOGETHER : 1;
    LongBuffer memory = weight.codes().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    long[] ofRows = new long[together * roomOfWords];
    float[] ofBlocks = new float[together * blocks];
    float[] ofUnits = new float[together * roomOfUnits];
    for (int first = from; first < to; first += together) {
      int count = Math.min(together, to - first);
      if (count < together) {
        ofBlocks = new float[count * blocks];
      }
      memory.get(first * words, ofRows, 0, count * words);
      weight.factors(first * blocks, ofBlocks);
      PermutedCodes.spread(ofBlocks, 0, units / blocks, ofUnits, count * units);
      for (int i = 0; i < count; i++) {
        for (int row = 0; row < x.length; row++) {
          float sum = codes.dot(ofRows, i * roomOfWords, ofUnits, i * roomOfUnits, x[row]);
          results.put(row, first + i, sum);
        }
      }
    }
  }
}
