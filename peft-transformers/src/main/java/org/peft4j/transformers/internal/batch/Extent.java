package org.peft4j.transformers.internal.batch;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/** The number of sequences in a batch and of tokens in each. */
public record Extent(long batch, long time) {
  public static Extent of(INDArray activations) {
    return new Extent(activations.size(0), activations.size(1));
  }

  public long rows() {
    return batch * time;
  }

  /** [batch, time, features] as [batch·time, features]; a view of a row-major array. */
  public INDArray matrix(INDArray activations) {
    return activations.reshape('c', rows(), activations.length() / rows());
  }

  /**
   * Checks the elements of an attention mask.
   *
   * @throws PeftException unless there is one for each token
   */
  public void requireMask(int[] mask) {
    if (mask.length != rows()) {
      throw new PeftException(
          "The attention mask has "
              + mask.length
              + " elements; input_ids have "
              + rows()
              + " (["
              + batch
              + ", "
              + time
              + "]). It must be of their shape.");
    }
  }
}
