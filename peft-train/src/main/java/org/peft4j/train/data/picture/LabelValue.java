package org.peft4j.train.data.picture;

import java.util.OptionalInt;

/**
 * The label of a whole input.
 *
 * @param number of its class; empty where there are {@code numbers}
 * @param numbers several labels at once, each 0 to 1, or the outputs of a regression
 */
public record LabelValue(OptionalInt number, float[] numbers) {
  /** A class. */
  public static LabelValue of(int number) {
    return new LabelValue(OptionalInt.of(number), new float[0]);
  }

  /** Numbers. */
  public static LabelValue of(float[] numbers) {
    return new LabelValue(OptionalInt.empty(), numbers);
  }
}
