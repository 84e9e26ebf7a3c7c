package org.peft4j.internal.quantized;

import org.jspecify.annotations.Nullable;

/** Which group each input of a matrix is in: consecutive ones, or as GPTQ's {@code g_idx} says. */
public final class InputGroups {
  private final int columns;
  private final int size;
  private final int @Nullable [] ofInput;
  private final int count;

  /** Consecutive groups of {@code size}; the last may be shorter. */
  public InputGroups(int columns, int size) {
    this.columns = columns;
    this.size = size;
    this.ofInput = null;
    this.count = (columns + size - 1) / size;
  }

  /**
   * @param ofInput the group of each input, from 0 to count − 1
   */
  public InputGroups(int[] ofInput, int count) {
    this.columns = ofInput.length;
    this.size = 1;
    this.ofInput = ofInput.clone();
    this.count = count;
  }

  int count() {
    return count;
  }

  int columns() {
    return columns;
  }

  int of(int input) {
    return ofInput == null ? input / size : ofInput[input];
  }

  /** The input after the last of those that follow {@code input} in its group. */
  int end(int input) {
    return ofInput == null ? Math.min(columns, (input / size + 1) * size) : input + 1;
  }

  long bytes() {
    return ofInput == null ? 0 : (long) Integer.BYTES * ofInput.length;
  }
}
