package org.peft4j.train;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.error.NonFiniteException;
import org.peft4j.internal.Finite;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.Scratch;
import org.peft4j.train.metrics.Means;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;

/**
 * The loss and the gradient of one step: means over the predictions of all its batches, as if they
 * were one large batch.
 */
final class StepGradient<B> implements AutoCloseable {
  /** What PyTorch adds to the norm before it divides by it. */
  private static final double CLIP_EPSILON = 1e-6;

  private final PeftModel<ComputationGraph> model;
  private final ComputationGraph network;
  private final Objective<B> objective;
  private @Nullable INDArray sum;
  private Means means = new Means();
  private double loss;
  private double norm;

  StepGradient(PeftModel<ComputationGraph> model, Objective<B> objective) {
    this.model = model;
    this.network = model.network();
    this.objective = objective;
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
    INDArray gradient = batches.size() == 1 ? ofOne(batches.get(0)) : ofAll(batches);
    if (!Double.isFinite(loss)) {
      throw new NonFiniteException(step, "the loss");
    }
    norm = gradient.norm2Number().doubleValue();
    if (!Double.isFinite(norm)) {
      throw new NonFiniteException(step, nonFiniteTensor());
    }
    return gradient;
  }

  private INDArray ofOne(B batch) {
    BatchLoss own = objective.gradients(model, batch);
    loss = own.value();
    means.add(own.metrics());
    return network.gradient().gradient();
  }

  private INDArray ofAll(List<B> batches) {
    if (sum == null) {
      sum = DetachedArrays.zeros(network.params().dataType(), network.params().shape());
    }
    sum.assign(0);
    loss = 0;
    double predictions = batches.stream().mapToLong(objective::predictions).sum();
    for (B batch : batches) {
      double share = objective.predictions(batch) / predictions;
      BatchLoss own = objective.gradients(model, batch);
      loss += share * own.value();
      means.add(own.metrics());
      Nd4j.getBlasWrapper().axpy(share, network.gradient().gradient(), sum);
    }
    return network.gradient().gradient().assign(sum);
  }

  private String nonFiniteTensor() {
    for (Map.Entry<String, INDArray> entry : network.gradient().gradientForVariable().entrySet()) {
      if (!Finite.all(entry.getValue())) {
        return "the gradient of " + entry.getKey();
      }
    }
    return "the gradient's norm";
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
