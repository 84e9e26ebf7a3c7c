package org.peft4j.train.preference;

import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;

/** The model π₀ that a preference loss compares the trained one with. It does not change. */
public interface Reference {
  /**
   * The log-probability of each answer, without dropout: the sum over its labelled tokens.
   *
   * @param model the one that trains; as it was when this returns
   * @param answers [rows, time]
   */
  double[] logProbabilities(PeftModel<ComputationGraph> model, TokenBatch answers);

  /** The arrays, by name, that a checkpoint needs to ask the same reference again. */
  default Map<String, INDArray> state() {
    return Map.of();
  }

  /** The base model: the same network with its adapters off. */
  static Reference base() {
    return (model, answers) -> {
      try (AdapterScope none = model.adaptersDisabled()) {
        return AnswerPass.logProbabilities(model, answers);
      }
    };
  }

  /**
   * The model as it is now, with its active adapters. Their values are kept twice, nothing else is.
   */
  static Reference start(PeftModel<ComputationGraph> model) {
    return new StartReference(model);
  }

  /**
   * Another model, such as one with another adapter over the same base: {@code Peft.bare(base, 0)},
   * with the adapter loaded and active. The caller closes it after training.
   */
  static Reference of(PeftModel<ComputationGraph> other) {
    return (model, answers) -> AnswerPass.logProbabilities(other, answers);
  }

  /** None: each answer has the log-probability 0, so that the loss sees the model alone. */
  static Reference none() {
    return (model, answers) -> new double[answers.rows()];
  }
}
