package org.peft4j.transformers.evaluation;

import java.util.List;

/**
 * A question to a context.
 *
 * @param answers the right answers; empty if the context has none
 */
public record AnsweredQuestion(String question, String context, List<String> answers) {
  public AnsweredQuestion {
    answers = List.copyOf(answers);
  }

  /** A question with its right answers. */
  public static AnsweredQuestion of(String question, String context, String... answers) {
    return new AnsweredQuestion(question, context, List.of(answers));
  }

  /** Whether the context does not answer the question. */
  public boolean hasNone() {
    return answers.stream().allMatch(String::isEmpty);
  }
}
