package org.peft4j.transformers.internal.head;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.config.ProblemType;

/** The labels of a batch of sequences, and the loss with them. */
interface SequenceTargets {
  /**
   * Reads labels.
   *
   * @throws org.peft4j.error.PeftException if they do not fit the problem or the number of outputs
   */
  static SequenceTargets of(ProblemType problem, INDArray labels, long batch, int outputs) {
    return switch (problem) {
      case SINGLE_LABEL_CLASSIFICATION -> ClassTargets.of(labels, batch, outputs);
      case MULTI_LABEL_CLASSIFICATION -> SeveralLabels.of(labels, batch, outputs);
      case REGRESSION -> NumberTargets.of(labels, batch, outputs);
    };
  }

  /** The loss of each sequence, given logits [batch, outputs]. */
  double[] losses(INDArray logits);

  /** The mean over the sequences with a label. */
  double mean(double[] losses);

  /** Replaces logits with the gradients of the mean. */
  void toGradients(INDArray logits);
}
