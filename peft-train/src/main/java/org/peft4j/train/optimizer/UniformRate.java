package org.peft4j.train.optimizer;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The same decay for all parameters. */
record UniformRate(double weightDecay) implements ParameterRates {
  @Override
  public void apply(INDArray change, INDArray parameters, double learningRate) {
    Nd4j.getBlasWrapper().axpy(1 - learningRate * weightDecay, parameters, change);
  }

  @Override
  public void close() {}
}
