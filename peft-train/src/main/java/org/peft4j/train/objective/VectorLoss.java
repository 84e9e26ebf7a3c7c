package org.peft4j.train.objective;

import java.util.List;

/** A loss of vectors of related texts, with its gradients. */
public interface VectorLoss {
  /**
   * Computes the loss.
   *
   * @param texts the vectors of the first text of each example, [examples][width], of the second,
   *     and of the third if there are three
   * @param scores one for each example; none without scores
   * @throws org.peft4j.error.PeftException if the loss is of another number of texts, or needs
   *     scores
   */
  Result of(List<double[][]> texts, List<Double> scores);

  /**
   * A loss.
   *
   * @param value the mean over the examples
   * @param gradients its gradients with respect to the vectors, in their shapes
   */
  record Result(double value, List<double[][]> gradients) {
    public Result {
      gradients = List.copyOf(gradients);
    }
  }
}
