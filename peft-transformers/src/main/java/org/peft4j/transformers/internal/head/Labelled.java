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
   * @param extent of the model's output: the virtual tokens, then time
   * @param virtualTokens the number of virtual tokens; the last of them predicts the first label
   *     ahead
   * @param ahead how many positions ahead of the logits their label is: 1 where the next token is
   *     predicted, otherwise 0
   * @param outputs the number of classes, or of tokens in the vocabulary
   * @throws PeftException if no position has a label, a label is not an id, or shapes differ
   */
  public static Labelled of(
      INDArray labels,
      @Nullable INDArray mask,
      Extent extent,
      int virtualTokens,
      int ahead,
      int outputs) {
    Extent own = new Extent(extent.batch(), extent.time() - virtualTokens);
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
    int[] rows = new int[ids.length];
    int[] targets = new int[ids.length];
    int[] perSequence = new int[(int) extent.batch()];
    int count = 0;
    for (int i = 0; i < ids.length; i++) {
      boolean first = virtualTokens < ahead && i % time == 0;
      if (first || ids[i] == IGNORED || counted != null && counted[i] == 0) {
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
      rows[count] = i + (i / time + 1) * virtualTokens - ahead;
      targets[count++] = ids[i];
      perSequence[i / time]++;
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
