package org.peft4j.transformers;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/** From the hidden states of a text to its vector. */
public enum VectorPooling {
  /** The mean over the tokens that are not padding. */
  MEAN,
  /** The first token's that is not padding: {@code [CLS]}. */
  FIRST,
  /** The last token's that is not padding. */
  LAST;

  /** Keeps a vector of zeros from becoming no number, as in PyTorch. */
  private static final double SMALLEST = 1e-12;

  /**
   * The vectors [batch, width].
   *
   * @param states [batch, time, width]
   * @param mask [batch, time], 0 for padding
   * @throws PeftException if shapes differ, or a text is all padding
   */
  public INDArray of(INDArray states, INDArray mask) {
    INDArray shares = shares(states, mask);
    INDArray vectors = Nd4j.create(states.dataType(), states.size(0), states.size(2));
    for (long row = 0; row < states.size(0); row++) {
      vectors.putRow(row, shares.getRow(row, true).mmul(states.slice(row)).reshape(-1));
    }
    return vectors;
  }

  /** The same, each of length 1. */
  public INDArray normalised(INDArray states, INDArray mask) {
    INDArray vectors = of(states, mask);
    for (long row = 0; row < vectors.size(0); row++) {
      INDArray vector = vectors.getRow(row);
      vector.divi(Math.max(SMALLEST, vector.norm2Number().doubleValue()));
    }
    return vectors;
  }

  /**
   * Writes the gradients of the hidden states, given those of the vectors of {@link #of}.
   *
   * @param gradients [batch, width]
   * @param mask [batch, time], 0 for padding
   * @param states [batch, time, width], overwritten
   */
  public void backward(INDArray gradients, INDArray mask, INDArray states) {
    INDArray shares = shares(states, mask);
    for (long row = 0; row < states.size(0); row++) {
      INDArray own = shares.getRow(row, true).transpose().mmul(gradients.getRow(row, true));
      states.slice(row).assign(own);
    }
  }

  /** The share of each position, [batch, time]. */
  private INDArray shares(INDArray states, INDArray mask) {
    int[][] shown = mask.toIntMatrix();
    if (states.size(0) != mask.size(0) || states.size(1) != mask.size(1)) {
      throw new PeftException(
          "The mask is [%d, %d] and the hidden states are of %d texts of %d tokens; both must be the same."
              .formatted(mask.size(0), mask.size(1), states.size(0), states.size(1)));
    }
    double[][] shares = new double[shown.length][shown[0].length];
    for (int row = 0; row < shown.length; row++) {
      int count = 0;
      int first = -1;
      int last = -1;
      for (int t = 0; t < shown[row].length; t++) {
        count += shown[row][t];
        last = shown[row][t] == 0 ? last : t;
        first = first < 0 ? last : first;
      }
      if (count == 0) {
        throw new PeftException("Text " + row + " is all padding; leave it out.");
      }
      for (int t = 0; t < shown[row].length; t++) {
        shares[row][t] =
            switch (this) {
              case MEAN -> (double) shown[row][t] / count;
              case FIRST -> t == first ? 1 : 0;
              case LAST -> t == last ? 1 : 0;
            };
      }
    }
    return Nd4j.createFromArray(shares).castTo(states.dataType());
  }
}
