package org.peft4j.train;

import java.util.Optional;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/** Measures how well a language-model graph, wrapped or not, predicts the labels of some data. */
public final class Evaluator {
  private final ComputationGraph graph;
  private final Optional<PeftModel<ComputationGraph>> wrapped;
  private final int batchSize;

  /**
   * An evaluator of a graph in its present state.
   *
   * @param batchSize sequences at once, 1 and above; it changes the speed only
   * @throws PeftException if the batch size is not allowed
   */
  public Evaluator(ComputationGraph graph, int batchSize) {
    this(graph, Optional.empty(), batchSize);
  }

  /** The same of a wrapped model, which is told the tasks of sequences that have one. */
  public Evaluator(PeftModel<ComputationGraph> model, int batchSize) {
    this(model.network(), Optional.of(model), batchSize);
  }

  private Evaluator(
      ComputationGraph graph, Optional<PeftModel<ComputationGraph>> wrapped, int batchSize) {
    if (batchSize < 1) {
      throw new PeftException("batchSize is " + batchSize + "; allowed: 1 and above.");
    }
    this.graph = graph;
    this.wrapped = wrapped;
    this.batchSize = batchSize;
  }

  /** The mean loss over all labelled tokens, without dropout. */
  public Evaluation evaluate(TrainingData data) {
    double sum = 0;
    long count = 0;
    for (int from = 0; from < data.size(); from += batchSize) {
      int to = from + Math.min(batchSize, data.size() - from);
      TokenBatch batch = data.batch(IntStream.range(from, to).toArray());
      sum += mean(batch) * batch.labelled();
      count += batch.labelled();
    }
    return new Evaluation(sum / count, count);
  }

  private double mean(TokenBatch batch) {
    return wrapped
        .map(model -> Losses.mean(model, batch))
        .orElseGet(() -> Losses.mean(graph, batch));
  }
}
