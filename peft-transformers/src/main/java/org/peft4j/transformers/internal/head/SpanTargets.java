package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.batch.TokenIds;

/**
 * Where answers begin and end, and the cross-entropy over positions.
 *
 * @param positions [batch][2], the first token and the last; {@value Labelled#IGNORED} for none
 * @param starts [batch], where each sequence begins
 */
record SpanTargets(int[][] positions, int[] starts) {
  /** The two ends. */
  private static final int ENDS = 2;

  /**
   * Reads labels.
   *
   * @param labels [batch, 2]; a position at or after {@code time} is outside of a cut text and
   *     counts as none, as one before the sequence
   * @param starts [batch], where each sequence begins: no answer is before
   * @throws PeftException for another shape, a negative position, or if there is no label
   */
  static SpanTargets of(INDArray labels, int[] starts, long time) {
    int batch = starts.length;
    if (labels.rank() != 2 || labels.size(0) != batch || labels.size(1) != ENDS) {
      throw new PeftException(
          "Labels have the shape "
              + Arrays.toString(labels.shape())
              + "; allowed for "
              + batch
              + " sequences: ["
              + batch
              + ", 2], the positions where the answers begin and end.");
    }
    int[] flat = TokenIds.of(labels);
    int[][] positions = new int[batch][ENDS];
    boolean any = false;
    for (int i = 0; i < flat.length; i++) {
      if (flat[i] < 0 && flat[i] != Labelled.IGNORED) {
        throw new PeftException(
            "Position "
                + flat[i]
                + " is not in a text; allowed: 0 and up, or "
                + Labelled.IGNORED
                + " for no label.");
      }
      boolean none = flat[i] < starts[i / ENDS] || flat[i] >= time;
      positions[i / ENDS][i % ENDS] = none ? Labelled.IGNORED : flat[i];
      any |= !none;
    }
    if (!any) {
      throw new PeftException(
          "No sequence of this batch has a label, so there is no loss. Drop such batches.");
    }
    return new SpanTargets(positions, starts);
  }

  /**
   * The loss: half the mean over the first positions, and half that over the last ones. Replaces
   * logits with its gradients.
   *
   * @param logits [batch, time, 2]
   */
  Losses toGradients(INDArray logits) {
    double[] each = new double[positions.length];
    int[] counts = new int[positions.length];
    double loss = 0;
    int ends = (int) java.util.stream.IntStream.range(0, ENDS).filter(e -> labelled(e) > 0).count();
    for (int end = 0; end < ENDS; end++) {
      int labelled = labelled(end);
      for (int row = 0; row < positions.length; row++) {
        double weight = labelled == 0 ? 0 : 1.0 / (ends * labelled);
        double own = toGradients(logits, row, end, weight);
        if (positions[row][end] != Labelled.IGNORED) {
          each[row] += own;
          counts[row]++;
          loss += weight * own;
        }
      }
    }
    for (int row = 0; row < each.length; row++) {
      each[row] /= Math.max(1, counts[row]);
    }
    return new Losses(loss, each);
  }

  private int labelled(int end) {
    return (int) Arrays.stream(positions).filter(p -> p[end] != Labelled.IGNORED).count();
  }

  /** The cross-entropy of one end of one sequence; 0 without a label. */
  private double toGradients(INDArray logits, int row, int end, double weight) {
    int time = (int) logits.size(1);
    int start = starts[row];
    int target = positions[row][end];
    double largest = Double.NEGATIVE_INFINITY;
    for (int t = start; t < time; t++) {
      largest = Math.max(largest, logits.getDouble(row, t, end));
    }
    double sum = 0;
    for (int t = start; t < time; t++) {
      sum += Math.exp(logits.getDouble(row, t, end) - largest);
    }
    double normaliser = largest + Math.log(sum);
    boolean none = target == Labelled.IGNORED;
    double loss = none ? 0 : normaliser - logits.getDouble(row, target, end);
    for (int t = 0; t < time; t++) {
      double probability = Math.exp(logits.getDouble(row, t, end) - normaliser);
      double gradient = none || t < start ? 0 : weight * (probability - (t == target ? 1 : 0));
      logits.putScalar(new int[] {row, t, end}, gradient);
    }
    return loss;
  }
}
