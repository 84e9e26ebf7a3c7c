package org.peft4j.onednn.internal.vector;

/**
 * Rows of a matrix that are read at once. They lie far apart, because a processor reads ahead at
 * one place of each page alone: rows that are next to each other share pages.
 */
public final class FarRows {
  /** Computes with some rows at once, one after the other of each stream. */
  public interface Use {
    /**
     * @param first the first row of the first stream
     * @param length consecutive rows of each stream
     * @param apart rows from the first of each stream to that of the next
     * @param streams as many as are read at once, or one
     */
    void run(int first, int length, int apart, int streams);
  }

  private FarRows() {}

  /**
   * Goes over the rows from {@code from} to {@code to}, exclusive.
   *
   * @param streams how many are read at once
   */
  public static void run(int from, int to, int streams, Use use) {
    int length = (to - from) / streams;
    use.run(from, length, length, streams);
    int rest = from + length * streams;
    use.run(rest, to - rest, 0, 1);
  }
}
