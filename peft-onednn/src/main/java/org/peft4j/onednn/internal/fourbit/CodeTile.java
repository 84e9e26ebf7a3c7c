package org.peft4j.onednn.internal.fourbit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.peft4j.kernel.CodedRows;

/**
 * Some columns of some rows of a matrix in 4 bits, copied to the heap. Tables are for few columns,
 * and are worth it for many rows; rows lie too far apart in memory to be read for a few columns of
 * each.
 */
final class CodeTile {
  /** Codes in a word. */
  static final int WORD = 16;

  /** The most rows. */
  static final int ROWS = 512;

  /** About the most columns: longer pieces of rows are not read faster. */
  private static final int COLUMNS = 4096;

  /** Words between rows, since rows that begin a power of two apart displace each other. */
  private static final int GAP = 8;

  private final CodedRows weight;
  private final LongBuffer words;
  private final int most;
  private final int stride;
  private final long[] codes;
  private final float[] factors;
  private int rows;
  private int columns;
  private int blocks;

  CodeTile(CodedRows weight) {
    this.weight = weight;
    ByteBuffer bytes = weight.codes();
    words = bytes.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    int size = weight.blockSize();
    most = (int) Math.min(weight.columns(), Math.max(1, COLUMNS / size) * (long) size);
    stride = most / WORD + GAP;
    int height = (int) Math.min(ROWS, weight.rows());
    codes = new long[height * stride];
    factors = new float[height * (most / size)];
  }

  /** The columns that {@link #read} takes at once. */
  int most() {
    return most;
  }

  /** Reads {@code rows} rows from {@code row} on, and up to {@link #most} columns of them. */
  void read(int row, int rows, int column) {
    int all = (int) weight.columns();
    int size = weight.blockSize();
    this.rows = rows;
    columns = Math.min(most, all - column);
    blocks = columns / size;
    float[] ofRow = new float[blocks];
    for (int i = 0; i < rows; i++) {
      long first = (long) (row + i) * all + column;
      words.get((int) (first / WORD), codes, i * stride, columns / WORD);
      weight.factors((int) (first / size), ofRow);
      System.arraycopy(ofRow, 0, factors, i * blocks, blocks);
    }
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  /** Words from a row to the next. */
  int stride() {
    return stride;
  }

  /** Two words for 32 codes, the byte of the first two in the lowest bits. */
  long[] codes() {
    return codes;
  }

  int blockSize() {
    return weight.blockSize();
  }

  /** Blocks in a row of the tile. */
  int blocks() {
    return blocks;
  }

  /** Of the blocks of all rows, one row after the other. */
  float[] factors() {
    return factors;
  }
}
