package org.peft4j.train.optimizer;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What an optimizer is given for one step.
 *
 * @param step from 1
 * @param parameters [1, n], to be changed in place
 * @param gradient [1, n], not to be changed
 * @param learningRate of this step
 * @param rates the factors and decays of the single parameters
 */
public record Update(
    long step, INDArray parameters, INDArray gradient, double learningRate, ParameterRates rates) {

  /**
   * Gives the parameters these values, unless one of them is not finite.
   *
   * @return whether all are finite
   */
  public boolean assign(INDArray values) {
    if (!Double.isFinite(values.sumNumber().doubleValue())) {
      return false;
    }
    parameters.assign(values);
    return true;
  }
}
