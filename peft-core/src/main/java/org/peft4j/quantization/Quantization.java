package org.peft4j.quantization;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * How the linear weights of a model's blocks are held in 4 bits (QLoRA: Dettmers et al., 2023). A
 * block of consecutive weights, row by row, has one factor, its absolute maximum a:
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
public record Quantization(
    QuantizedFormat format, int blockSize, boolean doubleQuantization, List<String> skipModules) {
  private static final int SMALLEST = 32;
  private static final int LARGEST = 4096;
  private static final int DEFAULT_BLOCK = 64;

  /**
   * Checks.
   *
   * @throws PeftException if the size of blocks is not allowed, or a name is empty
   */
  public Quantization {
    skipModules = List.copyOf(skipModules);
    List<String> problems = new ArrayList<>();
    if (blockSize < SMALLEST || blockSize > LARGEST || Integer.bitCount(blockSize) != 1) {
      problems.add(
          "The block size is " + blockSize + "; allowed: 32, 64, 128, 256, 512, 1024, 2048, 4096.");
    }
    if (skipModules.stream().anyMatch(String::isBlank)) {
      problems.add("A name in skipModules is empty; name a module, such as lm_head.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException(String.join(" ", problems));
    }
  }

  /** That format in blocks of 64 with factors in FP32; nothing but the head is skipped. */
  public static Quantization of(QuantizedFormat format) {
    return new Quantization(format, DEFAULT_BLOCK, false, List.of("lm_head"));
  }

  /** NF4 in blocks of 64 with factors in FP32; nothing but the head is skipped. */
  public static Quantization nf4() {
    return of(QuantizedFormat.NF4);
  }

  /** FP4 in blocks of 64 with factors in FP32; nothing but the head is skipped. */
  public static Quantization fp4() {
    return of(QuantizedFormat.FP4);
  }

  public Quantization withBlockSize(int value) {
    return new Quantization(format, value, doubleQuantization, skipModules);
  }

  public Quantization withDoubleQuantization(boolean value) {
    return new Quantization(format, blockSize, value, skipModules);
  }

  public Quantization withSkipModules(List<String> value) {
    return new Quantization(format, blockSize, doubleQuantization, value);
  }

  /** Whether the module with that path stays as it is. */
  public boolean skips(String path) {
    return skipModules.stream().anyMatch(name -> path.equals(name) || path.endsWith("." + name));
  }
}
