package org.peft4j.transformers.evaluation;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A picture with its labels: one class, any number of labels that hold at once, or the numbers of a
 * regression.
 *
 * @param pixelValues [channels, height, width], as an image processor gives them
 * @param labels names of the model's labels
 * @param numbers one for each output of the model; empty where there are labels
 */
public record LabelledPicture(INDArray pixelValues, List<String> labels, List<Double> numbers)
    implements ExpectedLabels {
  /**
   * Checks the labels.
   *
   * @throws org.peft4j.error.PeftException if there are labels and numbers, a label twice, or a
   *     number is not finite
   */
  public LabelledPicture {
    labels = List.copyOf(labels);
    numbers = List.copyOf(numbers);
    ExpectedLabels.require("A picture", labels, numbers);
  }

  /** A picture of a class, or with all the labels that hold. */
  public static LabelledPicture of(INDArray pixelValues, String... labels) {
    return new LabelledPicture(pixelValues, List.of(labels), List.of());
  }

  /** A picture with the number of each output. */
  public static LabelledPicture of(INDArray pixelValues, double... numbers) {
    return new LabelledPicture(pixelValues, List.of(), Arrays.stream(numbers).boxed().toList());
  }
}
