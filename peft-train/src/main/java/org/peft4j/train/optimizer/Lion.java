package org.peft4j.train.optimizer;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.same.Sign;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;

/**
 * Lion (Chen et al., 2023, algorithm 2) with gradient g, rate η and decoupled decay λ:
 *
 * <pre>
 * p ← (1 − η λ) p − η sign(β₁ m + (1 − β₁) g)
 * m ← β₂ m + (1 − β₂) g
 * </pre>
 *
 * <p>β₁ is 0.9, β₂ 0.99. Each parameter moves by the whole rate: a third to a tenth of AdamW's
 * suits it.
 */
public final class Lion implements Optimizer {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.99;

  private final INDArray momentum;
  private final INDArray scratch;

  /** For parameters like {@code parameters}, [1, n]. */
  public Lion(INDArray parameters) {
    momentum = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
    scratch = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
  }

  @Override
  public boolean update(Update update) {
    INDArray gradient = update.gradient();
    if (!Double.isFinite(gradient.sumNumber().doubleValue())) {
      return false; // The sign of NaN is a number.
    }
    momentum.muli(BETA1, scratch);
    Nd4j.getBlasWrapper().axpy(1 - BETA1, gradient, scratch);
    Nd4j.exec(new Sign(scratch, scratch));
    scratch.muli(-update.learningRate());
    momentum.muli(BETA2);
    Nd4j.getBlasWrapper().axpy(1 - BETA2, gradient, momentum);
    update.rates().apply(scratch, update.parameters(), update.learningRate());
    return update.assign(scratch);
  }

  /** The momentum m. */
  @Override
  public Map<String, INDArray> state() {
    return Map.of("lion_momentum", momentum);
  }

  @Override
  public void close() {
    Scratch.release(momentum, scratch);
  }
}
