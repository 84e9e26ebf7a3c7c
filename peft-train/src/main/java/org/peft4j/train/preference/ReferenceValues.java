package org.peft4j.train.preference;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;

/**
 * What a reference says of the examples of a batch.
 *
 * @param kept of all examples of the data
 * @param rows the numbers of the batch's examples
 */
record ReferenceValues(KeptReference kept, int[] rows) {
  /** The log-probabilities of the examples' answers. */
  double[] of(PeftModel<ComputationGraph> model, TokenBatch answers) {
    return kept.values(model, answers, rows);
  }

  /** The log-probabilities of other answers. */
  double[] ask(PeftModel<ComputationGraph> model, TokenBatch answers) {
    return kept.ask(model, answers);
  }
}
