package org.peft4j.train.parallel;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.method.TrainingHook;

/**
 * Workers that train on their own, and come together every K steps only: for networks that are too
 * slow for the gradients of every step (DiLoCo, Douillard et al., 2023). Each worker is a whole
 * training with a {@linkplain Workers#alone single worker}, with this as one of its hooks:
 *
 * <pre>{@code
 * builder.hook(() -> new LocalSteps(workers, model.network().params(), 50, 0.7, 0.9));
 * }</pre>
 *
 * <p>With θ the parameters after the last meeting and θᵢ those of worker i now, the mean change
 * {@code d = mean(θ − θᵢ)} is a gradient for SGD with Nesterov's momentum: {@code v = μ·v + d},
 * {@code θ = θ − η·(d + μ·v)}. With η = 1 and μ = 0 that is the mean of the workers' parameters.
 *
 * <p>The number of steps must be the same on all workers, and a multiple of K for all to end with
 * the same adapter. The optimizers' own states are not exchanged.
 */
public final class LocalSteps implements TrainingHook {
  private final Workers workers;
  private final INDArray parameters;
  private final int every;
  private final double rate;
  private final double momentum;
  private final INDArray met;
  private final INDArray velocity;

  /**
   * A hook that changes parameters in place. All workers must begin with equal ones.
   *
   * @param parameters [1, n], trained
   * @param every K, 1 and above
   * @param rate η, above 0; 0.7 in the paper
   * @param momentum μ, 0 to below 1; 0.9 in the paper
   * @throws PeftException if a number is not allowed
   */
  public LocalSteps(Workers workers, INDArray parameters, int every, double rate, double momentum) {
    if (every < 1 || !(rate > 0 && Double.isFinite(rate)) || !(momentum >= 0 && momentum < 1)) {
      throw new PeftException(
          "Local steps: every is "
              + every
              + ", rate "
              + rate
              + ", momentum "
              + momentum
              + "; allowed: every 1 and above, rate above 0, momentum 0 to below 1.");
    }
    this.workers = workers;
    this.parameters = parameters;
    this.every = every;
    this.rate = rate;
    this.momentum = momentum;
    met = DetachedArrays.copy(parameters);
    velocity = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
  }

  @Override
  public void afterUpdate(long step) {
    if ((step + 1) % every != 0) {
      return;
    }
    INDArray change = DetachedArrays.copy(met).subi(parameters);
    workers.sum(change);
    change.divi(workers.size());
    velocity.muli(momentum).addi(change);
    met.subi(change.addi(velocity.mul(momentum)).muli(rate));
    parameters.assign(met);
    Scratch.release(change);
  }

  @Override
  public Map<String, INDArray> state() {
    return Map.of("local_steps.met", met, "local_steps.velocity", velocity);
  }

  @Override
  public void close() {
    Scratch.release(met);
    Scratch.release(velocity);
  }
}
