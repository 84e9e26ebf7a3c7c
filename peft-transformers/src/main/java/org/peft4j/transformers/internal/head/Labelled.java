package org.peft4j.transformers.internal.head;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.TokenIds;

/**
 * The positions of a batch that have a label.
 *
 * @param rows their rows in [batch·time], ascending
 * @param targets the id that each must predict
 * @param perSequence the number of labelled positions in each sequence
 */
public record Labelled(int[] rows, int[] targets, int[] perSequence) {
  /** Marks a position without a label, as in PyTorch. */
  public static final int IGNORED = -100;

  /**
   * Finds the labelled positions.
   *
   * @param labels ids [batch, time]
   * @param mask [batch, time], 0 to ignore a label; null to use all
   * @param reading says where sequences begin; the last virtual token predicts their first label
   *     ahead. Labels before, at padding, are ignored
   * @param ahead how many positions ahead of the logits their label is: 1 where the next token is
   *     predicted, otherwise 0
   * @param outputs the number of classes, or of tokens in the vocabulary
   * @throws PeftException if no position has a label, a label is not an id, or shapes differ
   */
  public static Labelled of(
      INDArray labels, @Nullable INDArray mask, Reading reading, int ahead, int outputs) {
    Extent own = new Extent(reading.extent().batch(), reading.time());
    if (labels.length() != own.rows() || mask != null && mask.length() != own.rows()) {
      throw new PeftException(
          "Labels have shape "
              + labels.shapeInfoToString().lines().findFirst().orElse("")
              + " but the model's input is ["
              + own.batch()
              + ", "
              + own.time()
              + "]. Labels (and their mask) are of the same shape.");
    }
    int[] ids = TokenIds.of(labels);
    int[] counted = mask == null ? null : TokenIds.of(mask);
    int time = (int) own.time();
    int positions = (int) reading.extent().time();
    int[] rows = new int[ids.length];
    int[] targets = new int[ids.length];
    int[] perSequence = new int[(int) own.batch()];
    int count = 0;
    for (int i = 0; i < ids.length; i++) {
      int row = i / time;
      int start = reading.start(row);
      int predicted = reading.position(row, i % time) - ahead;
      boolean before = i % time < start || predicted < start;
      if (before || ids[i] == IGNORED || counted != null && counted[i] == 0) {
        continue;
      }
      if (ids[i] < 0 || ids[i] >= outputs) {
        throw new PeftException(
            "Label "
                + ids[i]
                + " is none of the model's outputs; allowed: 0 to "
                + (outputs - 1)
                + ", or "
                + IGNORED
                + " for no label.");
      }
      rows[count] = row * positions + predicted;
      targets[count++] = ids[i];
      perSequence[row]++;
    }
    if (count == 0) {
      throw new PeftException(
          (ahead == 0
                  ? "No position of this batch has a label"
                  : "No position of this batch has a label after its first one")
              + ", so there is no loss. Drop such batches.");
    }
    return new Labelled(
        java.util.Arrays.copyOf(rows, count), java.util.Arrays.copyOf(targets, count), perSequence);
  }

  public int count() {
    return rows.length;
  }
}
