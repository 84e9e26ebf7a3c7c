package org.peft4j.transformers.config;

import java.util.Locale;

/** What the labels of a sequence are: {@code problem_type} of a {@code config.json}. */
public enum ProblemType {
  /** One class of several; the loss is the cross-entropy. */
  SINGLE_LABEL_CLASSIFICATION,
  /** Each label holds or not; the loss is the binary cross-entropy. */
  MULTI_LABEL_CLASSIFICATION,
  /** A number for each output; the loss is the mean squared error. */
  REGRESSION;

  /** Its name in a {@code config.json}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type of a model whose config does not say it: regression if there is a single output. */
  public static ProblemType of(Labels labels) {
    return labels.size() == 1 ? REGRESSION : SINGLE_LABEL_CLASSIFICATION;
  }
}
