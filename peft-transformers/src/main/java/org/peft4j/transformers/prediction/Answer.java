package org.peft4j.transformers.prediction;

/**
 * A part of a text that answers a question.
 *
 * @param text the part; empty for no answer
 * @param begin the index of its first {@code char} in the context
 * @param end the index behind its last
 * @param score its probability among the best answers
 */
public record Answer(String text, int begin, int end, double score) {
  /** No answer. */
  public static Answer none(double score) {
    return new Answer("", 0, 0, score);
  }

  /** Whether the text does not answer the question. */
  public boolean isNone() {
    return text.isEmpty();
  }
}
