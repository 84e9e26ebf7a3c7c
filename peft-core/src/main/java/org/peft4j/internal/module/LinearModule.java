package org.peft4j.internal.module;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LinearGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.memory.Scratch;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/**
 * A frozen linear map {@code y = x·Wᵀ + b}, or a convolution, with its adapters. Computes the
 * gradients of W and b only for a trainable copy that replaces them. The pass says how rows are
 * multiplied: a convolution's comes {@link Pass#through} it.
 */
public final class LinearModule {
  private final SiteGrafts grafts;
  private final LinearGrafts linear;
  private final FrozenWeight weight;
  private final @Nullable FrozenWeight bias;

  /**
   * @param weight [out, in], or [out, in, …kernel] of a convolution
   * @param bias [out]
   */
  public LinearModule(SiteGrafts grafts, FrozenWeight weight, @Nullable FrozenWeight bias) {
    this.grafts = grafts;
    this.linear = new LinearGrafts(grafts);
    this.weight = weight;
    this.bias = bias;
  }

  /** Whether anything grafted here acts now; only then does the backward pass need the input. */
  public boolean acts() {
    return grafts.acts();
  }

  /** Writes y [rows, out], given x [rows, in]. */
  public void forward(Pass pass, INDArray x, INDArray y) {
    INDArray b = bias();
    INDArray input = linear.input(pass, x);
    weight().multiply(pass.kernels(), pass.product(), input, b, y);
    linear.output(pass, b, x, y);
    release(input, x);
  }

  /**
   * Whether a forward pass that is repeated for the backward pass must come here, though nobody
   * needs its result.
   */
  public boolean records(Pass pass) {
    return linear.records(pass);
  }

  private @Nullable INDArray bias() {
    return bias == null ? null : grafts.vector("bias", bias);
  }

  /** The frozen weight, or the trainable copy that replaces it now. */
  private FrozenWeight weight() {
    INDArray copy = grafts.copy("weight");
    return copy == null ? weight : DenseWeight.of(copy, weight.view());
  }

  /**
   * Writes the gradients of what is grafted here and {@code dx = dy·W + beta·dx}.
   *
   * @param x the input of the forward pass; may be null where nothing grafted here acts
   * @param dy [rows, out]
   * @param dx [rows, in], null where nobody needs it
   * @param beta 0 to overwrite dx, 1 to add to it
   */
  public void backward(
      Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, double beta) {
    if (!grafts.acts()) {
      if (dx != null) {
        weight.multiplyTransposed(pass.kernels(), pass.product(), dy, beta, dx);
      }
      return;
    }
    INDArray input = Objects.requireNonNull(x, "the input of " + grafts.site().name());
    INDArray upstream = linear.upstream(pass, dy);
    inputGradient(pass, input, upstream, dx, beta);
    copyGradients(pass, input, upstream, dy);
    release(upstream, dy);
    linear.backward(pass, bias(), input, dy, dx, null);
  }

  /** Through the frozen map, and through the scales of its input. */
  private void inputGradient(
      Pass pass, INDArray x, INDArray upstream, @Nullable INDArray dx, double beta) {
    FrozenWeight w = weight();
    if (!linear.scalesInput()) {
      if (dx != null) {
        w.multiplyTransposed(pass.kernels(), pass.product(), upstream, beta, dx);
      }
      return;
    }
    INDArray scaled = Scratch.of(x.dataType(), x.shape());
    w.multiplyTransposed(pass.kernels(), pass.product(), upstream, 0, scaled);
    linear.inputGradient(pass, x, scaled);
    if (dx != null && beta == 0) {
      dx.assign(scaled);
    } else if (dx != null) {
      dx.muli(beta).addi(scaled);
    }
    Scratch.release(scaled);
  }

  private void copyGradients(Pass pass, INDArray x, INDArray upstream, INDArray dy) {
    INDArray weightGradient = grafts.gradient("weight");
    if (weightGradient != null) {
      INDArray input = linear.input(pass, x);
      if (weight.view() == WeightView.TRANSPOSED) {
        pass.kernels().matmul(input, true, upstream, false, 1, 0, weightGradient);
      } else {
        INDArray matrix = weightGradient.reshape('c', true, upstream.size(1), -1);
        pass.product().weightGradient(pass.kernels(), input, upstream, matrix);
      }
      release(input, x);
    }
    INDArray biasGradient = grafts.gradient("bias");
    if (biasGradient != null) {
      pass.kernels().columnSums(dy, biasGradient);
      linear.biasGradient(biasGradient);
    }
  }

  /** Frees what was made for this call, and not what the caller gave. */
  private static void release(INDArray mine, INDArray given) {
    if (mine != given) {
      Scratch.release(mine);
    }
  }
}
