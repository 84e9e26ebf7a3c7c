package org.peft4j.train;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.train.optimizer.Optimizer;
import org.peft4j.train.optimizer.Update;

/** Stochastic gradient descent with momentum, as PyTorch has it: v ← 0.9 v + g, Δ = −η v. */
final class MomentumSgd implements Optimizer {
  static final double MOMENTUM = 0.9;

  private final INDArray velocity;

  MomentumSgd(INDArray parameters) {
    velocity = Nd4j.zerosLike(parameters);
  }

  @Override
  public boolean update(Update update) {
    velocity.muli(MOMENTUM).addi(update.gradient());
    INDArray change = velocity.mul(-update.learningRate());
    update.rates().apply(change, update.parameters(), update.learningRate());
    return update.assign(change);
  }

  @Override
  public Map<String, INDArray> state() {
    return Map.of("velocity", velocity);
  }

  @Override
  public void close() {
    velocity.close();
  }
}
