package org.peft4j.transformers.evaluation;

import java.util.Arrays;
import java.util.List;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * A text, or a pair of texts, with its labels: one class, any number of labels that hold at once,
 * or the numbers of a regression.
 *
 * @param labels names of the model's labels
 * @param numbers one for each output of the model; empty where there are labels
 */
public record LabelledText(TextInput input, List<String> labels, List<Double> numbers)
    implements ExpectedLabels {
  /**
   * Checks the labels.
   *
   * @throws PeftException if there are labels and numbers, a label twice, or a number is not finite
   */
  public LabelledText {
    labels = List.copyOf(labels);
    numbers = List.copyOf(numbers);
    ExpectedLabels.require("A text", labels, numbers);
  }

  /** A text of a class, or with all the labels that hold. */
  public static LabelledText of(String text, String... labels) {
    return of(TextInput.of(text), labels);
  }

  /** The same of an input: {@code LabelledText.of(TextInput.pair(first, second), "entailment")}. */
  public static LabelledText of(TextInput input, String... labels) {
    return new LabelledText(input, List.of(labels), List.of());
  }

  /** A text with the number that a model of one output should give. */
  public static LabelledText of(String text, double number) {
    return of(TextInput.of(text), number);
  }

  /** An input with the number of each output. */
  public static LabelledText of(TextInput input, double... numbers) {
    return new LabelledText(input, List.of(), Arrays.stream(numbers).boxed().toList());
  }
}
