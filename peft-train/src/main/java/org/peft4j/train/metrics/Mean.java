package org.peft4j.train.metrics;

import java.util.Arrays;

/**
 * A mean, in parts that can be put together.
 *
 * @param sum of the values
 * @param count how many there are; 0 if a batch has none, which leaves the mean of others as it is
 */
public record Mean(double sum, long count) {
  /** The mean of some values. */
  public static Mean of(double... values) {
    return new Mean(Arrays.stream(values).sum(), values.length);
  }

  /** The mean of these values and others. */
  public Mean and(Mean other) {
    return new Mean(sum + other.sum, count + other.count);
  }

  /** The mean; NaN of no value. */
  public double value() {
    return sum / count;
  }
}
