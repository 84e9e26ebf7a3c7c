package org.peft4j.train.optimizer;

import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.method.ParameterGroups;

/**
 * The factor r of the learning rate η and the decoupled weight decay λ of each parameter p. An
 * optimizer whose change is Δ, η included, ends a step with
 *
 * <pre>
 * p ← p − η r λ p + r Δ
 * </pre>
 */
public sealed interface ParameterRates extends AutoCloseable permits UniformRate, RateOfEach {
  /** One decay for all parameters, and the factor 1. */
  static ParameterRates uniform(double weightDecay) {
    return new UniformRate(weightDecay);
  }

  /**
   * A factor and a decay for each tensor of the active adapters.
   *
   * @param learningRate the highest of the training
   */
  static ParameterRates of(
      PeftModel<? extends Model> model, ParameterGroups groups, double learningRate) {
    return RateOfEach.of(model, groups, learningRate);
  }

  /**
   * Turns an optimizer's change into new parameters, in place.
   *
   * @param change Δ, [1, n]; p − η r λ p + r Δ afterwards
   * @param parameters p, [1, n], which stay as they are
   * @param learningRate η
   */
  void apply(INDArray change, INDArray parameters, double learningRate);

  /** Frees native memory. */
  @Override
  void close();
}
