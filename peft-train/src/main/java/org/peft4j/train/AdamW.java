package org.peft4j.train;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.Scratch;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as PyTorch computes it. At step t
 * = 1, 2, … with gradient g, rate η and decay λ:
 *
 * <pre>
 * m ← β₁ m + (1 − β₁) g
 * v ← β₂ v + (1 − β₂) g²
 * p ← (1 − η λ) p − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 * </pre>
 */
final class AdamW implements AutoCloseable {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final INDArray firstMoment;
  private final INDArray secondMoment;
  private final INDArray scratch;
  private long steps;

  /** For parameters like {@code parameters}, [1, count]. */
  AdamW(INDArray parameters) {
    firstMoment = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
    secondMoment = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
    scratch = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
  }

  /**
   * Makes one step.
   *
   * @return whether the new parameters are finite; if not, {@code parameters} is as it was
   */
  boolean step(INDArray parameters, INDArray gradient, double learningRate, double weightDecay) {
    change(gradient, learningRate);
    Nd4j.getBlasWrapper().axpy(1 - learningRate * weightDecay, parameters, scratch);
    return assignTo(parameters);
  }

  /** Like the other, with a rate and a decay for each parameter. */
  boolean step(INDArray parameters, INDArray gradient, double learningRate, GroupVectors groups) {
    change(gradient, learningRate);
    scratch.muli(groups.rates());
    INDArray decay = parameters.mul(groups.decays());
    Nd4j.getBlasWrapper().axpy(-learningRate, decay, scratch);
    Scratch.release(decay);
    scratch.addi(parameters);
    return assignTo(parameters);
  }

  private void change(INDArray gradient, double learningRate) {
    steps++;
    firstMoment.muli(BETA1).addi(gradient.muli(1 - BETA1, scratch));
    gradient.muli(gradient, scratch);
    secondMoment.muli(BETA2).addi(scratch.muli(1 - BETA2));

    Nd4j.exec(new Sqrt(secondMoment, scratch));
    scratch.divi(Math.sqrt(1 - Math.pow(BETA2, steps))).addi(EPSILON);
    scratch.rdivi(firstMoment).muli(-learningRate / (1 - Math.pow(BETA1, steps)));
  }

  private boolean assignTo(INDArray parameters) {
    if (!Double.isFinite(scratch.sumNumber().doubleValue())) {
      return false;
    }
    parameters.assign(scratch);
    return true;
  }

  INDArray firstMoment() {
    return firstMoment;
  }

  INDArray secondMoment() {
    return secondMoment;
  }

  /** The number of steps made. */
  long steps() {
    return steps;
  }

  /** Continues after {@code made} steps, of which the moments are. */
  void resumeAfter(long made) {
    steps = made;
  }

  @Override
  public void close() {
    Scratch.release(firstMoment, secondMoment, scratch);
  }
}
