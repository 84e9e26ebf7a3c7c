package org.peft4j.train.objective;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;

/**
 * What a training minimises. The loss of a batch is a mean over its predictions; that of a step is
 * the mean over the predictions of all its batches, so that it does not depend on how the step is
 * split.
 *
 * <p>An objective may run the model as often as it needs, with other adapters or {@linkplain
 * PeftModel#adaptersDisabled none}. When it returns, the model must be as it was.
 *
 * @param <B> what it is computed on
 */
public interface Objective<B> {
  /**
   * The loss in training, with dropout. Leaves its gradient with respect to the active adapters'
   * parameters in {@code model.network().gradient().gradient()}, [1, parameters].
   *
   * @return the mean over the batch's predictions, with further values for listeners
   */
  BatchLoss gradients(PeftModel<ComputationGraph> model, B batch);

  /**
   * The loss in evaluation: without dropout, gradients, and what methods add to the loss in
   * training.
   *
   * @return the mean over the batch's predictions, with further values for listeners
   */
  BatchLoss loss(PeftModel<ComputationGraph> model, B batch);

  /**
   * The number of predictions that the loss of a batch is the mean of, 1 and above: labelled
   * tokens, or sequences, or pairs.
   */
  long predictions(B batch);
}
