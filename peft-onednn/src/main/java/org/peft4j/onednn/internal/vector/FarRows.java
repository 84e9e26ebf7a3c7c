package org.peft4j.onednn.internal.vector;

/**
 * Rows of a matrix that are read at once. They lie far apart, because a processor reads ahead at one
 * place of each page alone: rows that are next to each other share pages.
 */
final class FarRows {
  /** Computes with as many rows as are read at once. */
  interface Use {
    /**
     * @param first one of the rows
     * @param apart from each row to the next; 0 if there is one
     * @param count how many: all that are read at once, or one
     */
    void rows(int first, int apart, int count);
  }

  private FarRows() {}

  /**
   * Goes over the rows from {@code from} to {@code to}, exclusive.
   *
   * @param streams how many are read at once
   */
  static void run(int from, int to, int streams, Use use) {
    int apart = (to - from) / streams;
    for (int row = from; row < from + apart; row++) {
      use.rows(row, apart, streams);
    }
    for (int row = from + apart * streams; row < to; row++) {
      use.rows(row, 0, 1);
    }
  }
}
