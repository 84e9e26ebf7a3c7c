package org.peft4j.kernel;

import java.util.Arrays;
import java.util.BitSet;

/** Which keys of each sequence are real: one bit per key, 0 for padding. */
final class ShownKeys {
  private final BitSet[] rows;
  private final int keys;
  private final KeyRange hull;

  private ShownKeys(BitSet[] rows, int keys) {
    this.rows = rows;
    this.keys = keys;
    int first =
        Arrays.stream(rows).mapToInt(r -> r.nextSetBit(0)).filter(i -> i >= 0).min().orElse(0);
    this.hull = new KeyRange(first, Arrays.stream(rows).mapToInt(BitSet::length).max().orElse(0));
  }

  /**
   * Hides the keys whose number is 0.
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
    return new ShownKeys(bits, keys);
  }

  /** Hides the first {@code hidden[row]} keys of each row. */
  static ShownKeys after(int[] hidden, int keys) {
    BitSet[] bits = new BitSet[hidden.length];
    for (int row = 0; row < hidden.length; row++) {
      bits[row] = new BitSet(keys);
      bits[row].set(Math.min(hidden[row], keys), keys);
    }
    return new ShownKeys(bits, keys);
  }

  int rows() {
    return rows.length;
  }

  /** Whether no key of any row is hidden. */
  boolean all() {
    return Arrays.stream(rows).allMatch(row -> row.nextClearBit(0) >= keys);
  }

  /** The range from the first key that any row shows to the last; empty if all are hidden. */
  KeyRange hull() {
    return hull;
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
