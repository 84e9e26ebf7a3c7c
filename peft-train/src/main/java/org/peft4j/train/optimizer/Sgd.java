package org.peft4j.train.optimizer;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;

/**
 * Stochastic gradient descent with momentum μ, as PyTorch computes it, but for the decay λ, which
 * is decoupled from the gradient g (SGDW: Loshchilov and Hutter, 2019). With the rate η:
 *
 * <pre>
 * b ← μ b + g
 * p ← (1 − η λ) p − η b
 * </pre>
 */
public final class Sgd implements Optimizer {
  /** The usual momentum. */
  public static final double MOMENTUM = 0.9;

  private final double momentum;
  private final INDArray buffer;
  private final INDArray scratch;

  /**
   * For parameters like {@code parameters}, [1, n].
   *
   * @param momentum μ, from 0 to below 1
   * @throws PeftException if it is another
   */
  public Sgd(INDArray parameters, double momentum) {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new PeftException("The momentum is " + momentum + "; allowed: 0 or more, below 1.");
    }
    this.momentum = momentum;
    buffer = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
    scratch = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
  }

  @Override
  public boolean update(Update update) {
    buffer.muli(momentum);
    Nd4j.getBlasWrapper().axpy(1.0, update.gradient(), buffer);
    buffer.muli(-update.learningRate(), scratch);
    update.rates().apply(scratch, update.parameters(), update.learningRate());
    return update.assign(scratch);
  }

  /** The buffer b, by PyTorch's name. */
  @Override
  public Map<String, INDArray> state() {
    return Map.of("momentum_buffer", buffer);
  }

  @Override
  public void close() {
    Scratch.release(buffer, scratch);
  }
}
