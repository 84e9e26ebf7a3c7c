package org.peft4j.train.optimizer;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.TensorPlace;

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
   * @param places where the tensors lie in the vector
   * @param parameters the vector, [1, n]
   */
  static ParameterRates of(
      ParameterGroups groups, double learningRate, List<TensorPlace> places, INDArray parameters) {
    return RateOfEach.of(groups, learningRate, places, parameters);
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
