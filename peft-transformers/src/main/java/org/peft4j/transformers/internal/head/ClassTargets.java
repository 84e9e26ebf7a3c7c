package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.batch.TokenIds;

/**
 * The class labels of a batch of sequences, and the cross-entropy with them.
 *
 * @param shares [batch][classes]: for each sequence a distribution, or zeros for no label
 * @param labelled the number of sequences with a label
 */
record ClassTargets(double[][] shares, int labelled) implements SequenceTargets {
  private static final double ROUNDING = 1e-3;

  /**
   * Reads labels.
   *
   * @param labels [batch, classes] with rows that sum to 1 or are zeros; or class numbers [batch]
   *     or [batch, 1], {@value Labelled#IGNORED} for none
   * @throws PeftException for anything else, or if no sequence has a label
   */
  static ClassTargets of(INDArray labels, long batch, int classes) {
    boolean rows = labels.rank() == 2 && labels.size(1) == classes;
    if (labels.size(0) != batch || !rows && labels.length() != batch) {
      throw new PeftException(
          "Labels have the shape "
              + Arrays.toString(labels.shape())
              + "; allowed for "
              + batch
              + " sequences: ["
              + batch
              + ", "
              + classes
              + "], one-hot or soft, or class numbers ["
              + batch
              + ", 1].");
    }
    double[][] shares = rows ? distributions(labels) : oneHot(TokenIds.of(labels), classes);
    int labelled = (int) Arrays.stream(shares).filter(row -> Arrays.stream(row).sum() > 0).count();
    if (labelled == 0) {
      throw new PeftException(
          "No sequence of this batch has a label, so there is no loss. Drop such batches.");
    }
    return new ClassTargets(shares, labelled);
  }

  /**
   * The same with a share ε of each class alike: {@code y' = (1 − ε)·y + ε/classes} (Szegedy et
   * al., 2016).
   */
  ClassTargets smoothed(double epsilon) {
    double[][] smoothed = new double[shares.length][];
    for (int row = 0; row < shares.length; row++) {
      double[] own = shares[row];
      double alike = epsilon * Arrays.stream(own).sum() / own.length;
      smoothed[row] = Arrays.stream(own).map(y -> (1 - epsilon) * y + alike).toArray();
    }
    return new ClassTargets(smoothed, labelled);
  }

  private static double[][] oneHot(int[] numbers, int classes) {
    double[][] shares = new double[numbers.length][classes];
    for (int row = 0; row < numbers.length; row++) {
      if (numbers[row] == Labelled.IGNORED) {
        continue;
      }
      if (numbers[row] < 0 || numbers[row] >= classes) {
        throw new PeftException(
            "Label "
                + numbers[row]
                + " is not a class; allowed: 0 to "
                + (classes - 1)
                + ", or "
                + Labelled.IGNORED
                + " for no label.");
      }
      shares[row][numbers[row]] = 1;
    }
    return shares;
  }

  private static double[][] distributions(INDArray labels) {
    double[][] shares = labels.toDoubleMatrix();
    for (double[] row : shares) {
      double sum = Arrays.stream(row).sum();
      boolean distribution = sum == 0 || Math.abs(sum - 1) < ROUNDING;
      if (!distribution || Arrays.stream(row).anyMatch(share -> share < 0)) {
        throw new PeftException(
            "A row of labels is "
                + Arrays.toString(row)
                + "; allowed: shares of the classes that sum to 1, because each sequence has one"
                + " class, or zeros for no label.");
      }
    }
    return shares;
  }

  /** {@code −Σ y · log softmax(z)} of each sequence. */
  @Override
  public double[] losses(INDArray logits) {
    double[][] z = logits.toDoubleMatrix();
    double[] losses = new double[z.length];
    for (int row = 0; row < z.length; row++) {
      double normaliser = logSumExp(z[row]);
      for (int i = 0; i < z[row].length; i++) {
        losses[row] += shares[row][i] * (normaliser - z[row][i]);
      }
    }
    return losses;
  }

  /** The mean over the sequences with a label. */
  @Override
  public double mean(double[] losses) {
    return Arrays.stream(losses).sum() / labelled;
  }

  /** Replaces z with the gradients of the mean, {@code (Σy · softmax(z) − y) / labelled}. */
  @Override
  public void toGradients(INDArray logits) {
    double[][] z = logits.toDoubleMatrix();
    for (int row = 0; row < z.length; row++) {
      double normaliser = logSumExp(z[row]);
      double sum = Arrays.stream(shares[row]).sum();
      for (int i = 0; i < z[row].length; i++) {
        double gradient = sum * Math.exp(z[row][i] - normaliser) - shares[row][i];
        logits.putScalar(row, i, gradient / labelled);
      }
    }
  }

  private static double logSumExp(double[] z) {
    double largest = Arrays.stream(z).max().orElse(0);
    return largest + Math.log(Arrays.stream(z).map(v -> Math.exp(v - largest)).sum());
  }
}
