package org.peft4j.transformers.internal.weights;

import java.util.Arrays;

/** What is in memory of groups of weights that stay in their file. */
public final class OffloadedSizes {
  private OffloadedSizes() {}

  /**
   * How many of the first groups are kept.
   *
   * @param groups bytes of each
   * @param most the most bytes of them together
   */
  static int kept(long[] groups, long most) {
    long left = most;
    int count = 0;
    while (count < groups.length && groups[count] <= left) {
      left -= groups[count++];
    }
    return count;
  }

  /**
   * Bytes of the groups that are kept, and of the largest of the others.
   *
   * @param groups bytes of each
   * @param most the most bytes of the groups that are kept
   */
  public static long inMemory(long[] groups, long most) {
    int count = kept(groups, most);
    long others = Arrays.stream(groups, count, groups.length).max().orElse(0);
    return Arrays.stream(groups, 0, count).sum() + others;
  }
}
