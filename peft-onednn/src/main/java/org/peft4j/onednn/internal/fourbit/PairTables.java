package org.peft4j.onednn.internal.fourbit;

/**
 * Tables of products, by which rows of codes in 4 bits are summed without making their values. A
 * table belongs to a byte of a row, so to two inputs: {@code table[byte] = values[byte >> 4]·x[2p]
 * + values[byte & 15]·x[2p + 1]}. All rows of a matrix look into the same tables.
 */
final class PairTables {
  /** Codes that one set of tables is for: it takes half of the nearest cache. */
  static final int CODES = 32;

  private static final int TABLE = 1 << Byte.SIZE;
  private static final int BYTE = TABLE - 1;

  private final float[] first = new float[TABLE];
  private final float[] second = new float[TABLE];

  /**
   * @param values by code
   */
  PairTables(float[] values) {
    for (int pair = 0; pair < TABLE; pair++) {
      first[pair] = values[pair >> 4];
      second[pair] = values[pair & 15];
    }
  }

  /**
   * Adds to the sum of each row of a tile. The tables are made here, so that the compiler knows
   * their length and leaves out the checks of 16 indices.
   *
   * @param x inputs of all columns
   * @param from the first column of the tile
   * @param sums by row
   */
  void add(CodeTile tile, float[] x, int from, float[] sums) {
    float[] tables = new float[CODES / 2 * TABLE];
    float[] table = new float[TABLE];
    long[] codes = tile.codes();
    float[] factors = tile.factors();
    for (int column = 0; column < tile.columns(); column += CODES) {
      for (int pair = 0; pair < CODES / 2; pair++) {
        int at = from + column + 2 * pair;
        fill(table, x[at], x[at + 1]);
        System.arraycopy(table, 0, tables, pair * TABLE, TABLE);
      }
      int word = column / CodeTile.WORD;
      int factor = column / tile.blockSize();
      for (int row = 0; row < tile.rows(); row++) {
        long u = codes[word];
        long v = codes[word + 1];
        float sum =
            (four(tables, 0, (int) u) + four(tables, 4 * TABLE, (int) (u >>> Integer.SIZE)))
                + (four(tables, 8 * TABLE, (int) v)
                    + four(tables, 12 * TABLE, (int) (v >>> Integer.SIZE)));
        sums[row] += factors[factor] * sum;
        word += tile.stride();
        factor += tile.blocks();
      }
    }
  }

  /** A loop over one index of all arrays, which becomes vector instructions. */
  private void fill(float[] table, float x, float y) {
    for (int i = 0; i < TABLE; i++) {
      table[i] = first[i] * x + second[i] * y;
    }
  }

  private static float four(float[] tables, int at, int bytes) {
    return (tables[at + (bytes & BYTE)] + tables[at + TABLE + (bytes >>> 8 & BYTE)])
        + (tables[at + 2 * TABLE + (bytes >>> 16 & BYTE)]
            + tables[at + 3 * TABLE + (bytes >>> 24)]);
  }
}
