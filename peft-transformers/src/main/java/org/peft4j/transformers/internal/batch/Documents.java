package org.peft4j.transformers.internal.batch;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * Where the tokens of packed rows stand in their documents: positions begin anew in each. A mask
 * numbers the documents of a row 1, 2, 3, …; padding, 0, has the position 0.
 *
 * @param positions [rows, time]
 * @param first the first tokens of documents, in [rows·time]
 * @param longest the number of positions of the longest document
 */
public record Documents(int[] positions, BitSet first, int longest) {
  /**
   * The documents of some rows.
   *
   * @param mask [rows, time]
   * @return null if every row is one document
   * @throws PeftException if documents are numbered in another order
   */
  public static @Nullable Documents of(int[] mask, int rows) {
    for (int number : mask) {
      if (number > 1) {
        return numbered(mask, mask.length / rows);
      }
    }
    return null;
  }

  private static Documents numbered(int[] mask, int time) {
    int[] positions = new int[mask.length];
    BitSet first = new BitSet(mask.length);
    int longest = 0;
    int start = 0;
    int number = 0;
    for (int i = 0; i < mask.length; i++) {
      number = i % time == 0 ? 0 : number;
      if (mask[i] == number + 1) {
        number = mask[i];
        start = i;
        first.set(i);
      } else if (mask[i] != 0 && mask[i] != number) {
        throw new PeftException(
            "The attention mask has %d at row %d, position %d, after document %d of the row; allowed: 0 for padding, or the numbers of documents in their order, 1, 2, 3, …."
                .formatted(mask[i], i / time, i % time, number));
      }
      if (mask[i] != 0) {
        positions[i] = i - start;
        longest = Math.max(longest, positions[i] + 1);
      }
    }
    return new Documents(positions, first, longest);
  }
}
