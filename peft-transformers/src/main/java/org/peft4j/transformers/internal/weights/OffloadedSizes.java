package org.peft4j.transformers.internal.weights;

/** What is in memory of groups of weights that stay in their file. */
public final class OffloadedSizes {
  private OffloadedSizes() {}

  /**
   * Bytes of the first groups that are kept, and of the largest of the others.
   *
   * @param groups bytes of each
   * @param kept the most bytes of the first groups that remain in memory
   */
  public static long inMemory(long[] groups, long kept) {
    long bytes = 0;
    int count = 0;
    while (count < groups.length && bytes + groups[count] <= kept) {
      bytes += groups[count++];
    }
    long largest = 0;
    for (int group = count; group < groups.length; group++) {
      largest = Math.max(largest, groups[group]);
    }
    return bytes + largest;
  }
}
