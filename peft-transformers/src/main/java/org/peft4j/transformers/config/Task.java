package org.peft4j.transformers.config;

import java.util.Arrays;
import java.util.Optional;

/** What a model is for: {@code task_type} of Hugging Face PEFT, under its names. */
public enum Task {
  /** The next token of a text. */
  CAUSAL_LM("ForCausalLM"),
  /** A text from another text. */
  SEQ_2_SEQ_LM("ForConditionalGeneration"),
  /** A label, several, or numbers, for each sequence. */
  SEQ_CLS("ForSequenceClassification"),
  /** A label for each token. */
  TOKEN_CLS("ForTokenClassification"),
  /** Where an answer begins and ends. */
  QUESTION_ANS("ForQuestionAnswering"),
  /** Hidden states. */
  FEATURE_EXTRACTION("Model");

  private final String suffix;

  Task(String suffix) {
    this.suffix = suffix;
  }

  /** The end of the names of Hugging Face transformers' classes for this task. */
  public String suffix() {
    return suffix;
  }

  /** The task with a head of labels or spans that a class of that name has; empty for others. */
  public static Optional<Task> withHead(String className) {
    return Arrays.stream(values())
        .filter(task -> task == SEQ_CLS || task == TOKEN_CLS || task == QUESTION_ANS)
        .filter(task -> className.endsWith(task.suffix))
        .findFirst();
  }
}
