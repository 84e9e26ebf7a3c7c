package org.peft4j.transformers.prediction;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;

/**
 * How texts are read.
 *
 * @param batchSize how many run at once
 * @param longestInput the most tokens of an input, those that the tokenizer adds among them; empty
 *     for as many as the model and its tokenizer were made for
 */
public record PredictionOptions(int batchSize, OptionalInt longestInput) {
  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is less than 1
   */
  public PredictionOptions {
    List<String> problems = new ArrayList<>();
    if (batchSize < 1) {
      problems.add("The batch size is " + batchSize + "; allowed: 1 or more.");
    }
    if (longestInput.orElse(1) < 1) {
      problems.add(
          "The longest input is " + longestInput.getAsInt() + " tokens; allowed: 1 or more.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException(String.join(" ", problems));
    }
  }

  /** 16 texts at once, as long as the model takes. */
  public static PredictionOptions defaults() {
    return new PredictionOptions(16, OptionalInt.empty());
  }

  /** So many texts at once. */
  public PredictionOptions withBatchSize(int value) {
    return new PredictionOptions(value, longestInput);
  }

  /** Inputs of so many tokens at most. */
  public PredictionOptions withLongestInput(int value) {
    return new PredictionOptions(batchSize, OptionalInt.of(value));
  }
}
