package org.peft4j.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * How much of a model trains.
 *
 * @param trainable elements of the active adapters
 * @param all elements of the base model and of every loaded adapter
 */
public record TrainableParameters(long trainable, long all) {
  /** The trainable share in percent. */
  public double percent() {
    return all == 0 ? 0 : 100.0 * trainable / all;
  }

  /** The line that Hugging Face PEFT prints: Python rounds a tie to the even digit. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "trainable params: %,d || all params: %,d || trainable%%: %s",
        trainable,
        all,
        new BigDecimal(percent()).setScale(4, RoundingMode.HALF_EVEN).toPlainString());
  }
}
