package org.peft4j.train.objective;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.internal.batch.AddedLoss;
import org.peft4j.train.internal.batch.BatchArrays;
import org.peft4j.train.metrics.Mean;
import org.peft4j.transformers.internal.layer.RightLabels;

/**
 * The loss that the graph's own head computes. As a rule it is the cross-entropy, the mean of −log
 * p(label) in nats: over the labelled tokens of a language model or a classifier of tokens, the
 * labelled sequences of a classifier, or the first and the last positions of answers. For several
 * labels at once it is the binary cross-entropy, and for a regression the mean squared error.
 */
public final class CrossEntropy implements Objective<TokenBatch> {
  /**
   * Of the labels of tokens, the share that had the highest logit; in evaluation, where the head
   * labels tokens.
   */
  public static final String TOKEN_ACCURACY = "token_accuracy";

  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, TokenBatch batch) {
    ComputationGraph graph = model.network();
    try (AdapterScope tasks = model.tasksOfEachRow(batch.tasks());
        BatchArrays arrays = new BatchArrays(graph, batch)) {
      arrays.setInGraph();
      graph.computeGradientAndScore();
      return BatchLoss.of(graph.score());
    }
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, TokenBatch batch) {
    try (AdapterScope tasks = model.tasksOfEachRow(batch.tasks())) {
      return loss(model.network(), batch);
    }
  }

  /** The loss in evaluation of a graph that need not be wrapped. */
  public BatchLoss loss(ComputationGraph graph, TokenBatch batch) {
    try (BatchArrays arrays = new BatchArrays(graph, batch)) {
      double loss = graph.score(arrays.dataSet(), false) - AddedLoss.of(graph);
      Map<String, Mean> metrics = new LinkedHashMap<>();
      RightLabels.of(graph)
          .ifPresent(right -> metrics.put(TOKEN_ACCURACY, new Mean(right, batch.labelled())));
      return new BatchLoss(loss, metrics);
    }
  }

  @Override
  public long predictions(TokenBatch batch) {
    return batch.labelled();
  }
}
