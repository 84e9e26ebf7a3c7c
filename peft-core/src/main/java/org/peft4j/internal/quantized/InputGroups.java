package org.peft4j.internal.quantized;

import java.util.Optional;
import java.util.stream.IntStream;
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

  private InputGroups(int[] ofInput, int count, int size) {
    this.columns = ofInput.length;
    this.size = size;
    this.ofInput = ofInput.clone();
    this.count = count;
  }

  /**
   * Consecutive groups where {@code ofInput} says no more than that.
   *
   * @param ofInput the group of each input, from 0 to count − 1
   * @param size the inputs of a group; 0 for all of them
   */
  public static InputGroups of(int[] ofInput, int count, int size) {
    int each = size == 0 ? ofInput.length : size;
    boolean consecutive = IntStream.range(0, ofInput.length).allMatch(i -> ofInput[i] == i / each);
    return consecutive
        ? new InputGroups(ofInput.length, each)
        : new InputGroups(ofInput, count, each);
  }

  public int count() {
    return count;
  }

  /** The inputs of a group; the last may have fewer. */
  public int size() {
    return size;
  }

  /** The group of each input; empty for consecutive ones. */
  public Optional<int[]> order() {
    return Optional.ofNullable(ofInput).map(int[]::clone);
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
