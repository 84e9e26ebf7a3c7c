package org.peft4j.transformers.internal.batch;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/** Integers in arrays of any numeric type. */
public final class TokenIds {
  private TokenIds() {}

  /** All elements in row-major order. */
  public static int[] of(INDArray array) {
    return array.reshape('c', new long[] {array.length()}).toIntVector();
  }

  /**
   * All elements, as ids of a vocabulary.
   *
   * @throws PeftException if one is outside
   */
  public static int[] of(INDArray array, long vocabulary) {
    int[] ids = of(array);
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new PeftException(
            "Token id "
                + id
                + " is outside the vocabulary; allowed: 0 to "
                + (vocabulary - 1)
                + ". Does the tokenizer belong to this model?");
      }
    }
    return ids;
  }
}
