package org.peft4j.kernel;

import java.util.Arrays;

/**
 * Several documents in each sequence. Padding belongs to the document before it, and at the start
 * of a sequence to its first one.
 *
 * @param starts the first key of each key's document, [rows, keys]
 * @param ends one after the last key of each key's document, [rows, keys]
 */
@SuppressWarnings("ArrayRecordComponent") // Read in the loops of kernels, and only here.
record KeyDocuments(int keys, int[] starts, int[] ends) {
  /**
   * @param mask [rows, keys], row by row: 1, 2, 3 … for the keys of a row's documents in their
   *     order, 0 for padding
   */
  static KeyDocuments of(int rows, int[] mask) {
    int keys = mask.length / rows;
    int[] starts = new int[mask.length];
    int[] ends = new int[mask.length];
    for (int row = 0; row < rows; row++) {
      int first = row * keys;
      int number = 0;
      int start = 0;
      for (int key = 0; key < keys; key++) {
        int found = mask[first + key];
        if (found == number + 1) {
          if (number > 0) {
            Arrays.fill(ends, first + start, first + key, key);
            start = key;
          }
          number = found;
        } else if (found != 0 && found != number) {
          throw wrong(row, key, found, number);
        }
        starts[first + key] = start;
      }
      Arrays.fill(ends, first + start, first + keys, keys);
    }
    return new KeyDocuments(keys, starts, ends);
  }

  private static IllegalArgumentException wrong(int row, int key, int found, int number) {
    return new IllegalArgumentException(
        "The mask has "
            + found
            + " at row "
            + row
            + ", key "
            + key
            + ", after document "
            + number
            + "; allowed: 0 for padding, or the number of a document, which go 1, 2, 3, ….");
  }

  int start(int row, int key) {
    return starts[row * keys + key];
  }

  int end(int row, int key) {
    return ends[row * keys + key];
  }
}
