package org.peft4j.kernel;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Which keys of each sequence are real, one bit per key, 0 for padding; and which of several
 * documents in a sequence they belong to.
 */
final class ShownKeys {
  private final BitSet[] rows;
  private final int keys;
  private final @Nullable KeyDocuments documents;
  private final KeyRange hull;

  private ShownKeys(BitSet[] rows, int keys, @Nullable KeyDocuments documents) {
    this.rows = rows;
    this.keys = keys;
    this.documents = documents;
    int first =
        Arrays.stream(rows).mapToInt(r -> r.nextSetBit(0)).filter(i -> i >= 0).min().orElse(0);
    this.hull = new KeyRange(first, Arrays.stream(rows).mapToInt(BitSet::length).max().orElse(0));
  }

  /**
   * Hides the keys whose number is 0. The others are numbers of documents.
   *
   * @param mask [rows, keys], row by row
   */
  static ShownKeys of(int rows, int[] mask) {
    int keys = mask.length / rows;
    BitSet[] bits = new BitSet[rows];
    for (int row = 0; row < rows; row++) {
      bits[row] = new BitSet(keys);
      for (int key = 0; key < keys; key++) {
        bits[row].set(key, mask[row * keys + key] != 0);
      }
    }
    boolean several = Arrays.stream(mask).anyMatch(number -> number > 1);
    return new ShownKeys(bits, keys, several ? KeyDocuments.of(rows, mask) : null);
  }

  /** Hides the first {@code hidden[row]} keys of each row. */
  static ShownKeys after(int[] hidden, int keys) {
    BitSet[] bits = new BitSet[hidden.length];
    for (int row = 0; row < hidden.length; row++) {
      bits[row] = new BitSet(keys);
      bits[row].set(Math.min(hidden[row], keys), keys);
    }
    return new ShownKeys(bits, keys, null);
  }

  int rows() {
    return rows.length;
  }

  /** Whether every row is one document without a hidden key. */
  boolean all() {
    return documents == null && Arrays.stream(rows).allMatch(row -> row.nextClearBit(0) >= keys);
  }

  /** The range from the first key that any row shows to the last; empty if all are hidden. */
  KeyRange hull() {
    return hull;
  }

  /** Whether some sequence holds several documents. */
  boolean several() {
    return documents != null;
  }

  /** The first key of the document that the key {@code own} belongs to. */
  int documentStart(int row, int own) {
    return documents == null ? 0 : documents.start(row, own);
  }

  /** One after the last key of that document, padding behind it included. */
  int documentEnd(int row, int own) {
    return documents == null ? keys : documents.end(row, own);
  }

  boolean shows(int row, int key) {
    return rows[row].get(key);
  }

  /** The first key from {@code from} on that the row shows; {@code end} if none before it. */
  int nextShown(int row, int from, int end) {
    int next = rows[row].nextSetBit(from);
    return next < 0 || next > end ? end : next;
  }

  /** The first key from {@code from} on that the row hides; {@code end} if none before it. */
  int nextHidden(int row, int from, int end) {
    return Math.min(end, rows[row].nextClearBit(from));
  }
}
