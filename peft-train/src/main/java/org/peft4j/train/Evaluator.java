package org.peft4j.train;

import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/** Measures how well a language-model graph, wrapped or not, predicts the labels of some data. */
public final class Evaluator {
  private final ComputationGraph graph;
  private final int batchSize;

  /**
   * An evaluator of a graph in its present state.
   *
   * @param batchSize sequences at once, 1 and above; it changes the speed only
   * @throws PeftException if the batch size is not allowed
   */
  public Evaluator(ComputationGraph graph, int batchSize) {
    if (batchSize < 1) {
      throw new PeftException("batchSize is " + batchSize + "; allowed: 1 and above.");
    }
    this.graph = graph;
    this.batchSize = batchSize;
  }

  /** The mean loss over all labelled tokens, without dropout. */
  public Evaluation evaluate(TrainingData data) {
    double sum = 0;
    long count = 0;
    for (int from = 0; from < data.size(); from += batchSize) {
      int to = from + Math.min(batchSize, data.size() - from);
      TokenBatch batch = data.batch(IntStream.range(from, to).toArray());
      sum += Losses.mean(graph, batch) * batch.labelled();
      count += batch.labelled();
    }
    return new Evaluation(sum / count, count);
  }
}
