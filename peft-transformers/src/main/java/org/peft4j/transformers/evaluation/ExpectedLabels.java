package org.peft4j.transformers.evaluation;

import java.util.HashSet;
import java.util.List;
import org.peft4j.error.PeftException;

/** What a classifier should say of an input. */
public sealed interface ExpectedLabels permits LabelledText, LabelledPicture {
  /** Names of the model's labels: one class, or all that hold at once. */
  List<String> labels();

  /** The numbers of a regression, one for each output; empty where there are labels. */
  List<Double> numbers();

  /** Checks that there are labels or numbers, no label twice, and finite numbers. */
  static void require(String what, List<String> labels, List<Double> numbers) {
    if (!labels.isEmpty() && !numbers.isEmpty()) {
      throw new PeftException(
          "%s has the labels %s and the numbers %s; give one or the other."
              .formatted(what, labels, numbers));
    }
    if (new HashSet<>(labels).size() < labels.size()) {
      throw new PeftException(what + " has the labels " + labels + "; give each of them once.");
    }
    if (!numbers.stream().allMatch(Double::isFinite)) {
      throw new PeftException(what + " has the numbers " + numbers + "; allowed: finite numbers.");
    }
  }
}
