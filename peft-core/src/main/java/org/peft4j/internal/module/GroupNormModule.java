package org.peft4j.internal.module;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.weight.FrozenWeight;

/** A frozen normalisation of groups of channels over a picture's pixels, with its adapters. */
public final class GroupNormModule {
  private final SiteGrafts grafts;
  private final FrozenWeight weight;
  private final FrozenWeight bias;
  private final double epsilon;

  /**
   * @param weight [channels]
   * @param bias [channels]
   */
  public GroupNormModule(
      SiteGrafts grafts, FrozenWeight weight, FrozenWeight bias, double epsilon) {
    this.grafts = grafts;
    this.weight = weight;
    this.bias = bias;
    this.epsilon = epsilon;
  }

  /** Whether adapters act here now. */
  public boolean acts() {
    return grafts.acts();
  }

  /**
   * Writes y [batch·pixels, channels], given x [batch·pixels, channels].
   *
   * @param mean [batch, groups], written for the backward pass
   * @param inverse [batch, groups], written for the backward pass
   */
  public void forward(Pass pass, INDArray x, INDArray y, INDArray mean, INDArray inverse) {
    INDArray w = grafts.vector("weight", weight);
    INDArray b = grafts.vector("bias", bias);
    pass.kernels().groupNorm(x, w, b, epsilon, y, mean, inverse);
  }

  /**
   * Writes the gradients of the trainable copies and dx.
   *
   * @param x the input of the forward pass
   * @param mean what the forward pass wrote
   * @param inverse what the forward pass wrote
   * @param dx [batch·pixels, channels], overwritten; null where nobody needs it
   */
  public void backward(
      Pass pass, INDArray x, INDArray mean, INDArray inverse, INDArray dy, @Nullable INDArray dx) {
    INDArray w = grafts.vector("weight", weight);
    pass.kernels()
        .groupNormGradient(
            x, w, mean, inverse, dy, dx, grafts.gradient("weight"), grafts.gradient("bias"));
  }
}
