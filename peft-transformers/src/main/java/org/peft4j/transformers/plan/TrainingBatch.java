package org.peft4j.transformers.plan;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.config.CommonConfig;

/**
 * The largest batch of a training run.
 *
 * @param sequences sequences at once, at least 1
 * @param length tokens of each, at least 1; with an encoder and a decoder, tokens of each in both
 */
public record TrainingBatch(int sequences, int length) {
  /**
   * Checks both.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public TrainingBatch {
    List<String> problems = new ArrayList<>();
    check("The number of sequences", sequences, problems);
    check("The length", length, problems);
    CommonConfig.require("batch", problems);
  }

  private static void check(String what, int value, List<String> problems) {
    if (value < 1) {
      problems.add(what + " is " + value + "; allowed: 1 and above.");
    }
  }

  /** Tokens at once. */
  long tokens() {
    return (long) sequences * length;
  }
}
