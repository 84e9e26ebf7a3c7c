package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * Labels that each hold or not, and the binary cross-entropy.
 *
 * @param holds [batch][labels], 0 to 1
 */
record SeveralLabels(double[][] holds) implements SequenceTargets {
  /**
   * Reads labels.
   *
   * @param labels [batch, outputs], 0 to 1
   */
  static SeveralLabels of(INDArray labels, long batch, int outputs) {
    double[][] rows = NumberTargets.rows(labels, batch, outputs);
    for (double[] row : rows) {
      if (Arrays.stream(row).anyMatch(value -> value < 0 || value > 1)) {
        throw new PeftException(
            "A row of labels is "
                + Arrays.toString(row)
                + "; allowed: 0 to 1 for each label, because several may hold at once.");
      }
    }
    return new SeveralLabels(rows);
  }

  /** {@code mean over the labels of log(1 + eᶻ) − y·z}. */
  @Override
  public double[] losses(INDArray logits) {
    double[] losses = new double[holds.length];
    for (int row = 0; row < holds.length; row++) {
      for (int i = 0; i < holds[row].length; i++) {
        double z = logits.getDouble(row, i);
        double softplus = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
        losses[row] += (softplus - holds[row][i] * z) / holds[row].length;
      }
    }
    return losses;
  }

  @Override
  public double mean(double[] losses) {
    return Arrays.stream(losses).sum() / holds.length;
  }

  /** {@code (σ(z) − y) / (batch·labels)}. */
  @Override
  public void toGradients(INDArray logits) {
    for (int row = 0; row < holds.length; row++) {
      double count = (double) holds.length * holds[row].length;
      for (int i = 0; i < holds[row].length; i++) {
        double probability = 1 / (1 + Math.exp(-logits.getDouble(row, i)));
        logits.putScalar(row, i, (probability - holds[row][i]) / count);
      }
    }
  }
}
