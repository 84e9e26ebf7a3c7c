package org.peft4j.transformers.internal.evaluation;

import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.transformers.config.Labels;

/** The labels of examples among those of the model. */
final class KnownLabels {
  private KnownLabels() {}

  /**
   * The number of a label.
   *
   * @throws PeftException if the model has none of that name, which it would never predict
   */
  static int number(Labels labels, int example, String label) {
    int number = labels.names().indexOf(label);
    if (number < 0) {
      throw new PeftException(
          "Example %d has the label %s, which the model has not. %s"
              .formatted(
                  example, Quoted.quoted(label), NearestNames.sentence(label, labels.names())));
    }
    return number;
  }
}
