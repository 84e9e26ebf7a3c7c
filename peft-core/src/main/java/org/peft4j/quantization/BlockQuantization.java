package org.peft4j.quantization;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * Weights in 4 bits by blocks (QLoRA: Dettmers et al., 2023). A block of consecutive weights, row
 * by row, has one factor, its absolute maximum a:
 *
 * <pre>w ≈ a·v[code], where v are the 16 values of the format</pre>
 *
 * <p>A factor takes 4 bytes. With double quantisation it takes one: {@code a ≈ m + s·d[code]},
 * where m is the mean of the weight's factors, d are 256 values and s is the absolute maximum of
 * 256 factors less m.
 *
 * @param format the 16 values
 * @param blockSize the weights of a block: 32, 64, 128 … 4096
 * @param doubleQuantization whether factors are quantised too
 * @param skipModules names of modules that stay as they are: a name, or several with dots, at the
 *     end of a module's path
 */
public record BlockQuantization(
    QuantizedFormat format, int blockSize, boolean doubleQuantization, List<String> skipModules)
    implements Quantization {
  private static final int SMALLEST = 32;
  private static final int LARGEST = 4096;
  private static final int DEFAULT_BLOCK = 64;
  private static final int GROUP = 256;

  /**
   * Checks.
   *
   * @throws PeftException if the size of blocks is not allowed, or a name is empty
   */
  public BlockQuantization {
    List<String> problems = new ArrayList<>();
    if (blockSize < SMALLEST || blockSize > LARGEST || Integer.bitCount(blockSize) != 1) {
      problems.add(
          "The block size is " + blockSize + "; allowed: 32, 64, 128, 256, 512, 1024, 2048, 4096.");
    }
    skipModules = SkippedModules.checked(skipModules, problems);
  }

  /** That format in blocks of 64 with factors in FP32; nothing but the head is skipped. */
  public static BlockQuantization of(QuantizedFormat format) {
    return new BlockQuantization(format, DEFAULT_BLOCK, false, SkippedModules.HEAD);
  }

  @Override
  public String id() {
    return format.id();
  }

  @Override
  public long bytes(long out, long in) {
    long blocks = upwards(out * in, blockSize);
    long factors =
        doubleQuantization
            ? blocks + Float.BYTES * (upwards(blocks, GROUP) + 1)
            : Float.BYTES * blocks;
    return upwards(out * in, 2) + factors;
  }

  private static long upwards(long elements, long size) {
    return (elements + size - 1) / size;
  }

  public BlockQuantization withBlockSize(int value) {
    return new BlockQuantization(format, value, doubleQuantization, skipModules);
  }

  public BlockQuantization withDoubleQuantization(boolean value) {
    return new BlockQuantization(format, blockSize, value, skipModules);
  }

  @Override
  public BlockQuantization withSkipModules(List<String> value) {
    return new BlockQuantization(format, blockSize, doubleQuantization, value);
  }
}
