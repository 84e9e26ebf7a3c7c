package org.peft4j.train;

import java.util.Arrays;
import java.util.Random;

/**
 * The order in which each epoch goes through the rows: as they are, or shuffled by seed and epoch.
 *
 * @param rows how many there are
 * @param shuffle whether each epoch has its own order
 * @param seed of these orders
 */
record RowOrder(int rows, boolean shuffle, long seed) {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** The rows of an epoch, counted from 0: the same whenever it is asked for. */
  int[] epoch(long epoch) {
    int[] order = new int[rows];
    Arrays.setAll(order, i -> i);
    if (shuffle) {
      // java.util.Random: its numbers are fixed by its specification.
      Random random = new Random(seed + GOLDEN * (epoch + 1));
      for (int i = rows - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int row = order[i];
        order[i] = order[j];
        order[j] = row;
      }
    }
    return order;
  }
}
