package org.peft4j.quantization;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * Weights in 8 bits by rows: the outputs' rows of W, rounded to FP16 first, have a factor each,
 * their absolute maximum a:
 *
 * <pre>w ≈ a·code/127</pre>
 *
 * <p>With {@link Inputs#ROUNDED} it is LLM.int8() (Dettmers et al., 2022): each row of the inputs x
 * is rounded in the same way before the product with W, but for the columns in which an input is at
 * least {@code threshold}, which enter as they are. The backward pass, and adapters, see x
 * unrounded.
 *
 * @param inputs what enters the products with W
 * @param threshold from which on an input is an outlier; 0: all inputs are rounded
 * @param skipModules names of modules that stay as they are
 */
public record RowQuantization(Inputs inputs, double threshold, List<String> skipModules)
    implements Quantization {
  private static final double DEFAULT_THRESHOLD = 6;

  /** What enters a product with the weights. */
  public enum Inputs {
    /** The inputs themselves. */
    AS_THEY_ARE,
    /** Inputs in 8 bits, but for columns with outliers: LLM.int8(). */
    ROUNDED
  }

  /**
   * Checks.
   *
   * @throws PeftException if the threshold is not allowed, or a name is empty
   */
  public RowQuantization {
    List<String> problems = new ArrayList<>();
    if (!(threshold >= 0 && threshold < Double.POSITIVE_INFINITY)) {
      problems.add(
          "The threshold of outliers is "
              + threshold
              + "; allowed: 0 for no outliers, or more (6 is LLM.int8()'s).");
    }
    skipModules = SkippedModules.checked(skipModules, problems);
  }

  static RowQuantization ofWeights() {
    return new RowQuantization(Inputs.AS_THEY_ARE, DEFAULT_THRESHOLD, SkippedModules.HEAD);
  }

  @Override
  public String id() {
    return "int8";
  }

  @Override
  public long bytes(long out, long in) {
    return out * in + Float.BYTES * out;
  }

  public RowQuantization withInputs(Inputs value) {
    return new RowQuantization(value, threshold, skipModules);
  }

  public RowQuantization withThreshold(double value) {
    return new RowQuantization(inputs, value, skipModules);
  }

  @Override
  public RowQuantization withSkipModules(List<String> value) {
    return new RowQuantization(inputs, threshold, value);
  }
}
