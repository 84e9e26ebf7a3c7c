package org.peft4j.quantization;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * Weights as integers by groups of consecutive inputs of one output, as QA-LoRA, GPTQ and AWQ hold
 * them. A group has a scale s and an offset o, both in FP32:
 *
 * <pre>w ≈ s·code − o,   code = clamp(round(w/s) + z, 0, 2ᵇ − 1),   o = s·z</pre>
 *
 * <p>With zero points, {@code s = (max − min)/(2ᵇ − 1)} and {@code z = round(−min/s)}, where the
 * range from min to max includes 0. Without, {@code s = max|w|/(2ᵇ⁻¹ − 1)} and {@code z = 2ᵇ⁻¹}.
 *
 * @param bits b: 4 or 8
 * @param groupSize the inputs of a group: 8, 16, 32 … 1024, or 0 for all of a row; the last group
 *     of a row may be shorter
 * @param zeroPoints whether each group has a zero point of its own
 * @param skipModules names of modules that stay as they are
 */
public record GroupQuantization(
    int bits, int groupSize, boolean zeroPoints, List<String> skipModules) implements Quantization {
  private static final int DEFAULT_GROUP = 64;
  private static final int SMALLEST = 8;
  private static final int LARGEST = 1024;

  /**
   * Checks.
   *
   * @throws PeftException if bits or group size are not allowed, or a name is empty
   */
  public GroupQuantization {
    List<String> problems = new ArrayList<>();
    if (bits != 4 && bits != 8) {
      problems.add("The bits of integers are " + bits + "; allowed: 4, 8.");
    }
    boolean power =
        groupSize >= SMALLEST && groupSize <= LARGEST && Integer.bitCount(groupSize) == 1;
    if (groupSize != 0 && !power) {
      problems.add(
          "The group size is "
              + groupSize
              + "; allowed: 8, 16, 32, 64, 128, 256, 512, 1024, or 0 for whole rows.");
    }
    skipModules = SkippedModules.checked(skipModules, problems);
  }

  /** Integers of so many bits in groups of 64 with zero points; only the head is skipped. */
  public static GroupQuantization ofBits(int bits) {
    return new GroupQuantization(bits, DEFAULT_GROUP, true, SkippedModules.HEAD);
  }

  @Override
  public String id() {
    return "int" + bits;
  }

  /** The number of groups in a row of {@code in} inputs. */
  public long groups(long in) {
    return groupSize == 0 ? 1 : (in + groupSize - 1) / groupSize;
  }

  @Override
  public long bytes(long out, long in) {
    return (out * in * bits + 7) / 8 + 2L * Float.BYTES * out * groups(in);
  }

  public GroupQuantization withGroupSize(int value) {
    return new GroupQuantization(bits, value, zeroPoints, skipModules);
  }

  public GroupQuantization withZeroPoints(boolean value) {
    return new GroupQuantization(bits, groupSize, value, skipModules);
  }

  @Override
  public GroupQuantization withSkipModules(List<String> value) {
    return new GroupQuantization(bits, groupSize, zeroPoints, value);
  }
}
