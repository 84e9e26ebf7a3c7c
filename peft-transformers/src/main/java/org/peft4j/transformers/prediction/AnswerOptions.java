package org.peft4j.transformers.prediction;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * How answers are looked for. The defaults are those of Hugging Face transformers' {@code run_qa}.
 *
 * @param batchSize how many windows run at once
 * @param longestInput the most tokens of a window, which has the question and a part of the context
 * @param stride how many tokens of the context two windows have in common
 * @param longestAnswer the most tokens of an answer
 * @param candidates how many of the best first positions are tried with as many last ones, and how
 *     many answers share the probability
 * @param none whether there may be no answer
 * @param noneBy by how much the score of no answer must be higher than the best answer's, in
 *     logits, to be chosen
 */
public record AnswerOptions(
    int batchSize,
    int longestInput,
    int stride,
    int longestAnswer,
    int candidates,
    boolean none,
    double noneBy) {
  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is out of its range
   */
  public AnswerOptions {
    List<String> problems = new ArrayList<>();
    atLeast(batchSize, 1, "The batch size", problems);
    atLeast(longestInput, 1, "The longest input", problems);
    atLeast(stride, 0, "The stride", problems);
    atLeast(longestAnswer, 1, "The longest answer", problems);
    atLeast(candidates, 1, "The number of candidates", problems);
    if (!Double.isFinite(noneBy)) {
      problems.add("noneBy is " + noneBy + "; allowed: finite numbers.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException(String.join(" ", problems));
    }
  }

  private static void atLeast(int value, int least, String name, List<String> problems) {
    if (value < least) {
      problems.add(name + " is " + value + "; allowed: " + least + " or more.");
    }
  }

  /** Windows of 384 tokens, 16 at once, a stride of 128, answers of up to 30 tokens. */
  public static AnswerOptions defaults() {
    return new AnswerOptions(16, 384, 128, 30, 20, false, 0);
  }

  /** So many windows at once. */
  public AnswerOptions withBatchSize(int value) {
    return new AnswerOptions(value, longestInput, stride, longestAnswer, candidates, none, noneBy);
  }

  /** Windows of so many tokens, with that many in common. */
  public AnswerOptions withWindows(int tokens, int common) {
    return new AnswerOptions(batchSize, tokens, common, longestAnswer, candidates, none, noneBy);
  }

  /** Answers of so many tokens at most. */
  public AnswerOptions withLongestAnswer(int value) {
    return new AnswerOptions(batchSize, longestInput, stride, value, candidates, none, noneBy);
  }

  /** So many positions that are tried. */
  public AnswerOptions withCandidates(int value) {
    return new AnswerOptions(batchSize, longestInput, stride, longestAnswer, value, none, noneBy);
  }

  /** There may be no answer, if its score is higher by so much. */
  public AnswerOptions orNone(double by) {
    return new AnswerOptions(batchSize, longestInput, stride, longestAnswer, candidates, true, by);
  }
}
