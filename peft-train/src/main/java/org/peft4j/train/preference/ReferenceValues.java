package org.peft4j.train.preference;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;

/**
 * What a reference says of some examples: asked once for each, and kept with the data.
 *
 * @param reference who is asked; null if nobody is
 * @param kept of all examples of the data, [examples, answers of each]; {@value #UNKNOWN} where
 *     nothing is known
 * @param rows the numbers of the examples
 */
record ReferenceValues(@Nullable Reference reference, INDArray kept, int[] rows) {
  /** No logarithm of a probability is above 0. */
  static final double UNKNOWN = 1;

  /**
   * The log-probabilities of the examples' answers: of the first answer of each, then of the
   * second.
   *
   * @param answers in that order
   */
  double[] of(PeftModel<ComputationGraph> model, TokenBatch answers) {
    if (reference == null) {
      throw new PeftException(
          "This loss compares the model with a reference, and the data has none. Give it one with"
              + " comparedWith, such as Reference.base().");
    }
    double[] values = new double[answers.rows()];
    boolean known = true;
    for (int i = 0; i < values.length; i++) {
      values[i] = kept.getDouble(rows[i % rows.length], i / rows.length);
      known &= values[i] <= 0;
    }
    if (!known) {
      values = reference.logProbabilities(model, answers);
      for (int i = 0; i < values.length; i++) {
        kept.putScalar(rows[i % rows.length], i / rows.length, values[i]);
      }
    }
    return values;
  }
}
