package org.peft4j.transformers.internal.position;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Positions of keys that count real tokens only: those of a prefix first, then those that a mask
 * shows. A key that is hidden has the position of the next one that is shown. Each of several
 * documents in a row begins anew behind the prefix.
 *
 * @param rows 1 where all sequences have the same
 * @param values [rows, keys]
 */
public record KeyPositions(int rows, int keys, int[] values) {
  /**
   * The positions 0, 1, 2, … of all keys.
   *
   * @param keys the number of keys, the prefix included
   */
  public static KeyPositions plain(int keys) {
    return new KeyPositions(1, keys, IntStream.range(0, keys).toArray());
  }

  /**
   * The positions behind a mask.
   *
   * @param mask [rows, keys without the prefix], 0 for a key that is hidden, otherwise the number
   *     of its document
   */
  public static KeyPositions masked(int[] mask, int rows, int prefix) {
    int own = mask.length / rows;
    int keys = prefix + own;
    int[] values = new int[rows * keys];
    boolean plain = true;
    for (int row = 0; row < rows; row++) {
      int next = 0;
      int document = 1;
      boolean gap = false;
      for (int key = 0; key < keys; key++) {
        int number = key < prefix ? 1 : mask[row * own + key - prefix];
        boolean shown = number != 0;
        if (number > document) {
          document = number;
          next = prefix;
          plain = false;
        }
        plain &= !(gap && shown);
        gap |= !shown;
        values[row * keys + key] = next;
        next += shown ? 1 : 0;
      }
    }
    return plain ? plain(keys) : new KeyPositions(rows, keys, values);
  }

  /**
   * The positions behind padding on the left.
   *
   * @param padding the number of hidden keys of each row, after the prefix; null for none
   * @param keys the number of keys, the prefix included
   */
  public static KeyPositions padded(int @Nullable [] padding, int prefix, int keys) {
    if (padding == null) {
      return plain(keys);
    }
    int[] values = new int[padding.length * keys];
    for (int i = 0; i < values.length; i++) {
      int key = i % keys;
      values[i] = key < prefix ? key : Math.max(prefix, key - padding[i / keys]);
    }
    return new KeyPositions(padding.length, keys, values);
  }

  /** The position of a key of a row. */
  int of(int row, int key) {
    return values[row * keys + key];
  }
}
