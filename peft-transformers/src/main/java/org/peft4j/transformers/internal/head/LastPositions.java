package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.TokenIds;

/** Where each sequence of a batch ends. */
public final class LastPositions {
  private LastPositions() {}

  /**
   * The rows in [batch·time] of the last position of each sequence whose mask is not 0.
   *
   * @param mask [batch, time]; null if there is no padding
   * @throws PeftException if a sequence is all padding, or shapes differ
   */
  public static int[] of(@Nullable INDArray mask, Extent extent) {
    int time = Math.toIntExact(extent.time());
    int[] shown = mask == null ? new int[0] : TokenIds.of(mask);
    if (mask == null) {
      shown = new int[Math.toIntExact(extent.rows())];
      Arrays.fill(shown, 1);
    }
    if (shown.length != extent.rows()) {
      throw new PeftException(
          "The attention mask has "
              + shown.length
              + " elements; the sequences have "
              + extent.rows()
              + " positions, virtual tokens included. It must be of the shape of input_ids.");
    }
    int[] rows = new int[Math.toIntExact(extent.batch())];
    for (int row = 0; row < rows.length; row++) {
      int last = (row + 1) * time - 1;
      while (last >= row * time && shown[last] == 0) {
        last--;
      }
      if (last < row * time) {
        throw new PeftException(
            "Sequence "
                + row
                + " of the batch is all padding: its attention mask is all 0. Leave it"
                + " out.");
      }
      rows[row] = last;
    }
    return rows;
  }

  /**
   * The rows in [batch·time] of the last token of each text that ends it.
   *
   * @param ids [batch, time]
   * @param end {@code eos_token_id}
   * @throws PeftException if a text has no such token
   */
  public static int[] ofTokens(INDArray ids, List<Integer> end) {
    int time = Math.toIntExact(ids.size(1));
    int[] flat = TokenIds.of(ids);
    int[] rows = new int[flat.length / time];
    for (int row = 0; row < rows.length; row++) {
      int last = (row + 1) * time - 1;
      while (last >= row * time && !end.contains(flat[last])) {
        last--;
      }
      if (last < row * time) {
        throw new PeftException(
            "Sequence "
                + row
                + " of the batch has no token "
                + end
                + ", eos_token_id of the config.json, whose state the classifier reads. Let the"
                + " tokenizer end each text with it.");
      }
      rows[row] = last;
    }
    return rows;
  }
}
