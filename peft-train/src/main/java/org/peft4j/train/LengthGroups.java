package org.peft4j.train;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Puts rows of similar length together, as transformers' {@code group_by_length} does: an order is
 * cut into groups of many steps, each sorted by length, the longest first; and the longest row of
 * all comes first, so that memory that does not suffice shows at once.
 *
 * @param lengths of all rows
 * @param step rows of a step
 */
record LengthGroups(long[] lengths, int step) {
  private static final int MOST_STEPS = 50;

  /** The order, grouped; rows of equal length stay in their order. */
  int[] of(int[] order) {
    int steps = Math.max(1, Math.min(order.length / step / 4, MOST_STEPS));
    int size = (int) Math.min(order.length, (long) steps * step);
    Comparator<Integer> longest =
        Comparator.comparingLong((Integer row) -> lengths[row]).reversed();
    int[] grouped =
        IntStream.iterate(0, from -> from < order.length, from -> from + size)
            .mapToObj(from -> Arrays.copyOfRange(order, from, Math.min(from + size, order.length)))
            .flatMapToInt(
                group -> Arrays.stream(group).boxed().sorted(longest).mapToInt(Integer::intValue))
            .toArray();
    int first = 0;
    for (int from = 0; from < grouped.length; from += size) {
      first = lengths[grouped[from]] > lengths[grouped[first]] ? from : first;
    }
    int row = grouped[0];
    grouped[0] = grouped[first];
    grouped[first] = row;
    return grouped;
  }
}
