package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.Mean;
import org.peft4j.train.metrics.Means;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.parallel.StepReport;
import org.peft4j.train.parallel.Workers;

/** Measures how well a transformer graph, wrapped or not, predicts the labels of some data. */
public final class Evaluator {
  private static final CrossEntropy CROSS_ENTROPY = new CrossEntropy();

  private final Function<TokenBatch, BatchLoss> loss;
  private final int batchSize;
  private final ComputationGraph base;
  private final ComputationGraph graph;

  /**
   * An evaluator of a graph in its present state.
   *
   * @param batchSize sequences at once, 1 and above; it changes the speed only
   * @throws PeftException if the batch size is not allowed
   */
  public Evaluator(ComputationGraph graph, int batchSize) {
    this(graph, graph, batch -> CROSS_ENTROPY.loss(graph, batch), batchSize);
  }

  /** An evaluator for a wrapped model; sets the tasks of sequences that have one. */
  public Evaluator(PeftModel<ComputationGraph> model, int batchSize) {
    this(model.base(), model.network(), batch -> CROSS_ENTROPY.loss(model, batch), batchSize);
  }

  private Evaluator(
      ComputationGraph base,
      ComputationGraph graph,
      Function<TokenBatch, BatchLoss> loss,
      int batchSize) {
    this.base = base;
    this.graph = graph;
    this.loss = loss;
    this.batchSize = checked(batchSize);
  }

  private static int checked(int batchSize) {
    if (batchSize < 1) {
      throw new PeftException("batchSize is " + batchSize + "; allowed: 1 and above.");
    }
    return batchSize;
  }

  /**
   * The mean cross-entropy over all labels, without dropout. Warns of data that is longer than the
   * model's positions.
   *
   * @throws PeftException if it is, and the positions are a table
   */
  public Evaluation evaluate(Examples<TokenBatch> data) {
    LongestSequence.check(base, graph, data);
    return mean(loss, CROSS_ENTROPY, data, batchSize, Workers.alone());
  }

  /**
   * The mean of an objective's loss over all predictions, without dropout. Warns of data that is
   * longer than the model's positions.
   *
   * @param batchSize examples at once, 1 and above; it changes the speed only, but for losses that
   *     compare the examples of a batch with each other
   * @throws PeftException if the batch size is not allowed, or the data is too long for a table of
   *     positions
   */
  public static <B extends Batch> Evaluation evaluate(
      PeftModel<ComputationGraph> model, Objective<B> objective, Examples<B> data, int batchSize) {
    LongestSequence.check(model.base(), model.network(), data);
    return mean(model, objective, data, checked(batchSize), Workers.alone());
  }

  /** The same of data whose length is known to fit; workers take turns at its batches. */
  static <B extends Batch> Evaluation mean(
      PeftModel<ComputationGraph> model,
      Objective<B> objective,
      Examples<B> data,
      int batchSize,
      Workers workers) {
    return mean(batch -> objective.loss(model, batch), objective, data, batchSize, workers);
  }

  private static <B extends Batch> Evaluation mean(
      Function<B, BatchLoss> loss,
      Objective<B> objective,
      Examples<B> data,
      int batchSize,
      Workers workers) {
    Map<String, Mean> sums = new LinkedHashMap<>();
    double sum = 0;
    long count = 0;
    for (int from = 0; from < data.size(); from += batchSize) {
      if (from / batchSize % workers.size() != workers.rank()) {
        continue;
      }
      int to = from + Math.min(batchSize, data.size() - from);
      B batch = data.batch(IntStream.range(from, to).toArray());
      long predictions = objective.predictions(batch);
      BatchLoss own = loss.apply(batch);
      sum += own.value() * predictions;
      own.metrics().forEach((name, mean) -> sums.merge(name, mean, Mean::and));
      count += predictions;
    }
    StepReport all = new StepReport(sum, count, 0, 0, sums).of(workers);
    Means means = new Means();
    means.add(all.means());
    return new Evaluation(all.loss() / all.predictions(), all.predictions(), means.values());
  }
}
