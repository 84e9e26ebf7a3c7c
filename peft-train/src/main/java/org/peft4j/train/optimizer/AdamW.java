package org.peft4j.train.optimizer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as PyTorch computes it. At step t
 * = 1, 2, … with gradient g, rate η and decay λ:
 *
 * <pre>
 * m ← β₁ m + (1 − β₁) g
 * v ← β₂ v + (1 − β₂) g²
 * p ← (1 − η λ) p − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 * </pre>
 *
 * <p>β₁ is 0.9, β₂ 0.999, ε 1e-8. Where parameters have rates of their own, each has its factor of
 * η.
 */
public final class AdamW implements Optimizer {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;
  private static final String SECOND = "exp_avg_sq";

  private final INDArray firstMoment;
  private final INDArray secondMoment;
  private final INDArray scratch;

  /** For parameters like {@code parameters}, [1, n]. */
  public AdamW(INDArray parameters) {
    this(parameters, like -> DetachedArrays.zeros(like.dataType(), like.shape()));
  }

  private AdamW(INDArray parameters, UnaryOperator<INDArray> zeros) {
    firstMoment = zeros.apply(parameters);
    secondMoment = zeros.apply(parameters);
    scratch = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
  }

  /**
   * With both moments in a mapped file of the system's temporary folder, whose pages the system
   * writes out when memory is short. The file is gone with the process.
   *
   * @throws PeftException if the file cannot be made, or arrays are not in the CPU's memory
   */
  public static AdamW paged(INDArray parameters) {
    return new AdamW(parameters, MappedZeros::like);
  }

  @Override
  public boolean update(Update update) {
    change(update.gradient(), update.step(), update.learningRate());
    update.rates().apply(scratch, update.parameters(), update.learningRate());
    return update.assign(scratch);
  }

  private void change(INDArray gradient, long step, double learningRate) {
    firstMoment.muli(BETA1).addi(gradient.muli(1 - BETA1, scratch));
    gradient.muli(gradient, scratch);
    secondMoment.muli(BETA2).addi(scratch.muli(1 - BETA2));

    Nd4j.exec(new Sqrt(secondMoment, scratch));
    scratch.divi(Math.sqrt(1 - Math.pow(BETA2, step))).addi(EPSILON);
    scratch.rdivi(firstMoment).muli(-learningRate / (1 - Math.pow(BETA1, step)));
  }

  /** The moments m and v, by PyTorch's names. */
  @Override
  public Map<String, INDArray> state() {
    Map<String, INDArray> state = new LinkedHashMap<>();
    state.put("exp_avg", firstMoment);
    state.put(SECOND, secondMoment);
    return state;
  }

  /** Refuses a v with a negative value: its root is no number. */
  @Override
  public void requireUsable(String name, INDArray value) {
    if (name.equals(SECOND) && value.minNumber().doubleValue() < 0) {
      throw new PeftException(
          "exp_avg_sq of the checkpoint has negative values, which no mean of squares has. Resume"
              + " from another checkpoint.");
    }
  }

  @Override
  public void close() {
    Scratch.release(firstMoment, secondMoment, scratch);
  }
}
