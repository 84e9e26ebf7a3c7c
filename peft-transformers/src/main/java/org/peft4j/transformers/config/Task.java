package org.peft4j.transformers.config;

import java.util.Arrays;
import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * What a model is for. Tasks of texts are {@code task_type} of Hugging Face PEFT, under its names;
 * it has none for pictures, whose adapters name no task.
 */
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
  FEATURE_EXTRACTION("Model"),
  /** A label, several, or numbers, for each picture. */
  IMAGE_CLASSIFICATION("ForImageClassification"),
  /** How well texts and pictures go together. */
  IMAGE_TEXT("Model"),
  /** A text from a picture. */
  IMAGE_TO_TEXT("ForConditionalGeneration");

  private final String suffix;

  Task(String suffix) {
    this.suffix = suffix;
  }

  /** The end of the names of Hugging Face transformers' classes for this task. */
  public String suffix() {
    return suffix;
  }

  /** Whether its inputs are pictures: adapters then name no task. */
  public boolean readsPictures() {
    return this == IMAGE_CLASSIFICATION || this == IMAGE_TEXT || this == IMAGE_TO_TEXT;
  }

  /** Whether it gives each input, text or picture, labels. */
  public boolean labelsInputs() {
    return this == SEQ_CLS || this == IMAGE_CLASSIFICATION;
  }

  /** {@code task_type} of an adapter for it; empty for pictures. */
  public Optional<String> adapterTask() {
    return readsPictures() ? Optional.empty() : Optional.of(name());
  }

  /** What says that models of this task read pictures, where texts are wanted. */
  public PeftException readsNoText() {
    return new PeftException(
        "A model of the task " + this + " reads pictures, and no text. Give one that reads text.");
  }

  /** The task with a head of labels or spans that a class of that name has; empty for others. */
  public static Optional<Task> withHead(String className) {
    return Arrays.stream(values())
        .filter(
            task ->
                task == SEQ_CLS
                    || task == TOKEN_CLS
                    || task == QUESTION_ANS
                    || task == IMAGE_CLASSIFICATION)
        .filter(task -> className.endsWith(task.suffix))
        .findFirst();
  }
}
