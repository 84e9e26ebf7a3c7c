package org.peft4j.train.preference;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;

/** A model as it was: a copy of its adapters' parameters takes their place for a pass. */
final class StartReference implements Reference {
  private final INDArray start;
  private final List<String> active;

  StartReference(PeftModel<ComputationGraph> model) {
    active = model.active();
    if (active.isEmpty()) {
      throw new PeftException(
          "No adapter is active, so that the start is the base model; take Reference.base().");
    }
    start = model.network().params().dup();
  }

  @Override
  public double[] logProbabilities(PeftModel<ComputationGraph> model, TokenBatch answers) {
    INDArray parameters = model.network().params();
    if (!model.active().equals(active) || parameters.length() != start.length()) {
      throw new PeftException(
          "The reference is the start of %s with %d parameters; now %s are active, with %d. Make the reference when all that train are active."
              .formatted(active, start.length(), model.active(), parameters.length()));
    }
    try (INDArray now = parameters.dup()) {
      parameters.assign(start);
      try {
        return AnswerPass.logProbabilities(model, answers);
      } finally {
        parameters.assign(now);
      }
    }
  }

  @Override
  public Map<String, INDArray> state() {
    return Map.of("start", start);
  }
}
