package org.peft4j.internal.module;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.memory.Scratch;
import org.peft4j.weight.FrozenWeight;

/** A frozen normalisation of rows with its adapters. */
public final class NormModule {
  /** What it computes, with the weight w. */
  public enum Formula {
    /** {@code w·(x − μ)/σ}, plus the bias if there is one. */
    LAYER,
    /** {@code w·x/rms(x)}. */
    RMS,
    /** {@code (1 + w)·x/rms(x)}. */
    RMS_ONE_PLUS
  }

  private final SiteGrafts grafts;
  private final FrozenWeight weight;
  private final @Nullable FrozenWeight bias;
  private final Formula formula;
  private final double epsilon;

  /**
   * @param weight w, [features]
   * @param bias [features], of a layer normalisation; null for none
   */
  public NormModule(
      SiteGrafts grafts,
      FrozenWeight weight,
      @Nullable FrozenWeight bias,
      Formula formula,
      double epsilon) {
    this.grafts = grafts;
    this.weight = weight;
    this.bias = bias;
    this.formula = formula;
    this.epsilon = epsilon;
  }

  /** Whether adapters act here now. */
  public boolean acts() {
    return grafts.acts();
  }

  /** The number of statistics of each row that the backward pass needs. */
  public int statistics() {
    return formula == Formula.LAYER ? 2 : 1;
  }

  /**
   * Writes y [rows, features], given x [rows, features].
   *
   * @param statistics [statistics(), rows], written for the backward pass
   */
  public void forward(Pass pass, INDArray x, INDArray y, INDArray statistics) {
    INDArray w = factor();
    if (formula != Formula.LAYER) {
      pass.kernels().rmsNorm(x, w, epsilon, y, statistics.getRow(0));
    } else {
      INDArray b = bias == null ? null : grafts.vector("bias", bias);
      pass.kernels().layerNorm(x, w, b, epsilon, y, statistics.getRow(1), statistics.getRow(0));
    }
    release(w);
  }

  /** What rows are multiplied with: w itself, or 1 + w in a temporary vector. */
  private INDArray factor() {
    INDArray w = grafts.vector("weight", weight);
    return formula == Formula.RMS_ONE_PLUS ? w.add(1, Scratch.of(w.dataType(), w.shape())) : w;
  }

  private void release(INDArray factor) {
    if (formula == Formula.RMS_ONE_PLUS) {
      Scratch.release(factor);
    }
  }

  /**
   * Writes the gradients of the trainable copies and dx.
   *
   * @param x the input of the forward pass
   * @param statistics what the forward pass wrote
   * @param dx [rows, features], overwritten; null where nobody needs it
   */
  public void backward(
      Pass pass, INDArray x, INDArray statistics, INDArray dy, @Nullable INDArray dx) {
    INDArray w = factor();
    INDArray inverse = statistics.getRow(0);
    INDArray weightGradient = grafts.gradient("weight");
    if (formula != Formula.LAYER) {
      pass.kernels().rmsNormGradient(x, w, inverse, dy, dx, weightGradient);
    } else {
      pass.kernels()
          .layerNormGradient(
              x, w, statistics.getRow(1), inverse, dy, dx, weightGradient, grafts.gradient("bias"));
    }
    release(w);
  }
}
