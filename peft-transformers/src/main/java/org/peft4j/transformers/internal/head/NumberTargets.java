package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * Numbers to be predicted, and the mean squared error.
 *
 * @param values [batch][outputs]
 */
record NumberTargets(double[][] values) implements SequenceTargets {
  /**
   * Reads labels.
   *
   * @param labels [batch, outputs], or [batch] for a single output
   */
  static NumberTargets of(INDArray labels, long batch, int outputs) {
    return new NumberTargets(rows(labels, batch, outputs));
  }

  /**
   * A row of numbers for each sequence.
   *
   * @throws PeftException for another shape, or if one is not finite
   */
  static double[][] rows(INDArray labels, long batch, int outputs) {
    boolean fits = labels.rank() == 2 && labels.size(1) == outputs || outputs == 1;
    if (!fits || labels.length() != batch * outputs) {
      throw new PeftException(
          "Labels have the shape "
              + Arrays.toString(labels.shape())
              + "; allowed for "
              + batch
              + " sequences of this model: ["
              + batch
              + ", "
              + outputs
              + "], a number for each output.");
    }
    double[][] rows = labels.reshape('c', batch, outputs).toDoubleMatrix();
    for (double[] row : rows) {
      if (!Arrays.stream(row).allMatch(Double::isFinite)) {
        throw new PeftException(
            "A row of labels is " + Arrays.toString(row) + "; allowed: finite numbers.");
      }
    }
    return rows;
  }

  /** {@code mean over the outputs of (z − y)²}. */
  @Override
  public double[] losses(INDArray logits) {
    double[] losses = new double[values.length];
    for (int row = 0; row < values.length; row++) {
      for (int i = 0; i < values[row].length; i++) {
        double error = logits.getDouble(row, i) - values[row][i];
        losses[row] += error * error / values[row].length;
      }
    }
    return losses;
  }

  @Override
  public double mean(double[] losses) {
    return Arrays.stream(losses).sum() / values.length;
  }

  /** {@code 2·(z − y) / (batch·outputs)}. */
  @Override
  public void toGradients(INDArray logits) {
    for (int row = 0; row < values.length; row++) {
      double factor = 2.0 / (values.length * values[row].length);
      for (int i = 0; i < values[row].length; i++) {
        logits.putScalar(row, i, factor * (logits.getDouble(row, i) - values[row][i]));
      }
    }
  }
}
