package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.PeftModel;
import org.peft4j.error.NonFiniteException;
import org.peft4j.internal.Finite;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.method.RandomMasks;
import org.peft4j.method.TensorPlace;
import org.peft4j.train.data.Batch;
import org.peft4j.train.metrics.Mean;
import org.peft4j.train.metrics.Means;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.parallel.StepReport;
import org.peft4j.train.parallel.Workers;

/**
 * The loss and the gradient of one step: means over the predictions of all its batches, as if they
 * were one large batch, those of other workers too.
 */
final class StepGradient<B extends Batch> implements AutoCloseable {
  /** What PyTorch adds to the norm before it divides by it. */
  private static final double CLIP_EPSILON = 1e-6;

  private final PeftModel<ComputationGraph> model;
  private final ComputationGraph network;
  private final Objective<B> objective;
  private final Workers workers;
  private @Nullable INDArray sum;
  private Means means = new Means();
  private double loss;
  private double norm;
  private long tokens;

  StepGradient(PeftModel<ComputationGraph> model, Objective<B> objective, Workers workers) {
    this.model = model;
    this.network = model.network();
    this.objective = objective;
    this.workers = workers;
  }

  /**
   * Computes loss, gradient and norm.
   *
   * @param step its number, for messages
   * @return the gradient, [1, parameters], valid until the next call
   * @throws NonFiniteException if a number is not finite
   */
  INDArray compute(long step, List<B> batches) {
    network.getConfiguration().setIterationCount((int) step);
    means = new Means();
    tokens = batches.stream().mapToLong(Batch::tokens).sum();
    INDArray gradient;
    if (workers.size() > 1) {
      gradient = ofWorkers(batches);
    } else {
      gradient = batches.size() == 1 ? ofOne(batches.get(0)) : ofAll(batches);
    }
    if (!Double.isFinite(loss)) {
      throw new NonFiniteException(step, "the loss");
    }
    norm = gradient.norm2Number().doubleValue();
    if (!Double.isFinite(norm)) {
      throw new NonFiniteException(step, nonFiniteTensor(gradient));
    }
    return gradient;
  }

  private INDArray ofOne(B batch) {
    BatchLoss own = objective.gradients(model, batch);
    loss = own.value();
    means.add(own.metrics());
    return network.gradient().gradient();
  }

  private INDArray emptySum() {
    if (sum == null) {
      sum = DetachedArrays.zeros(network.params().dataType(), network.params().shape());
    }
    return sum.assign(0);
  }

  private INDArray ofAll(List<B> batches) {
    INDArray all = emptySum();
    loss = 0;
    double predictions = batches.stream().mapToLong(objective::predictions).sum();
    for (B batch : batches) {
      double share = objective.predictions(batch) / predictions;
      BatchLoss own = objective.gradients(model, batch);
      loss += share * own.value();
      means.add(own.metrics());
      Nd4j.getBlasWrapper().axpy(share, network.gradient().gradient(), all);
    }
    return network.gradient().gradient().assign(all);
  }

  /** Losses and gradients are weighed by predictions, and divided by those of all workers. */
  private INDArray ofWorkers(List<B> batches) {
    INDArray all = emptySum();
    double losses = 0;
    long predictions = 0;
    Map<String, Mean> own = new LinkedHashMap<>();
    for (B batch : batches) {
      long weight = objective.predictions(batch);
      BatchLoss part = objective.gradients(model, batch);
      losses += weight * part.value();
      predictions += weight;
      part.metrics().forEach((name, mean) -> own.merge(name, mean, Mean::and));
      Nd4j.getBlasWrapper().axpy((double) weight, network.gradient().gradient(), all);
    }
    StepReport report =
        new StepReport(losses, predictions, tokens, masks().passes(), own).of(workers);
    masks().restore(masks().seed(), report.passes());
    workers.sum(all);
    loss = report.loss() / report.predictions();
    tokens = report.tokens();
    means.add(report.means());
    return gradients().assign(all.divi(report.predictions()));
  }

  private RandomMasks masks() {
    return model.training().masks();
  }

  /** The vector of gradients, which is not there before the first batch of this worker. */
  private INDArray gradients() {
    if (network.gradient() == null || network.gradient().gradient() == null) {
      if (network.getFlattenedGradients() == null) {
        network.initGradientsView();
      }
      return network.getFlattenedGradients().reshape(network.params().shape());
    }
    return network.gradient().gradient();
  }

  /** As an adapter file names it. */
  private String nonFiniteTensor(INDArray gradient) {
    for (TensorPlace place : model.training().places()) {
      INDArray tensor =
          gradient.get(NDArrayIndex.all(), NDArrayIndex.interval(place.offset(), place.end()));
      if (!Finite.all(tensor)) {
        return "the gradient of " + place.key();
      }
    }
    return "the gradient's norm";
  }

  /** The tokens of the last step. */
  long tokens() {
    return tokens;
  }

  /** The loss of the last step. */
  double loss() {
    return loss;
  }

  /** What else the objective told of the last step, by name. */
  Map<String, Double> values() {
    return means.values();
  }

  /** The L2 norm of the last gradient. */
  double norm() {
    return norm;
  }

  /** Scales the gradient down to {@code most} if its norm is larger; 0 for no limit. */
  void clip(INDArray gradient, double most) {
    if (most > 0 && norm + CLIP_EPSILON > most) {
      gradient.muli(most / (norm + CLIP_EPSILON));
    }
  }

  @Override
  public void close() {
    if (sum != null) {
      Scratch.release(sum);
    }
  }
}
