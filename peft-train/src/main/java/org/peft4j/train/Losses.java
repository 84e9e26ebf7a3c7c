package org.peft4j.train;

import java.util.Arrays;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;

/** One pass of a batch through a language-model graph. */
final class Losses {
  private Losses() {}

  /**
   * Mean nats over the batch's labelled tokens, without dropout and without gradients; also without
   * what is added to the loss in training, AdaLoRA's orthogonality say.
   */
  static double mean(ComputationGraph graph, TokenBatch batch) {
    try (BatchArrays arrays = new BatchArrays(graph, batch)) {
      return graph.score(arrays.dataSet(), false) - added(graph);
    }
  }

  private static double added(ComputationGraph graph) {
    return Arrays.stream(graph.getLayers()).mapToDouble(l -> l.calcRegularizationScore(true)).sum();
  }

  /** The same of a wrapped model, which is told the tasks of the batch's sequences. */
  static double mean(PeftModel<ComputationGraph> model, TokenBatch batch) {
    try (AdapterScope tasks = model.tasksOfEachRow(batch.tasks())) {
      return mean(model.network(), batch);
    }
  }

  /**
   * The training's loss, with dropout; the gradients are then in {@link
   * ComputationGraph#gradient()}.
   */
  static double gradients(PeftModel<ComputationGraph> model, TokenBatch batch) {
    ComputationGraph graph = model.network();
    try (AdapterScope tasks = model.tasksOfEachRow(batch.tasks());
        BatchArrays arrays = new BatchArrays(graph, batch)) {
      arrays.setInGraph();
      graph.computeGradientAndScore();
      return graph.score();
    }
  }
}
