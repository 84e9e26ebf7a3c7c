package org.peft4j.internal.module;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LinearGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.kernel.Scratch;

/**
 * A frozen linear map {@code y = x·Wᵀ + b} with what is grafted on it. The gradients of W and b are
 * computed only where a trainable copy stands in for them.
 */
public final class LinearModule {
  private final SiteGrafts grafts;
  private final LinearGrafts linear;
  private final INDArray weight;
  private final boolean inputsFirst;
  private final @Nullable INDArray bias;

  /**
   * @param weight [out, in], or [in, out] with {@code inputsFirst}, as GPT-2 stores it
   * @param bias [out]
   */
  public LinearModule(
      SiteGrafts grafts, INDArray weight, boolean inputsFirst, @Nullable INDArray bias) {
    this.grafts = grafts;
    this.linear = new LinearGrafts(grafts);
    this.weight = weight;
    this.inputsFirst = inputsFirst;
    this.bias = bias;
  }

  /** Whether anything grafted here acts now; only then does the backward pass need the input. */
  public boolean acts() {
    return grafts.acts();
  }

  /** Writes y [rows, out], given x [rows, in]. */
  public void forward(Pass pass, INDArray x, INDArray y) {
    INDArray w = grafts.parameter("weight", weight);
    INDArray b = grafts.optionalParameter("bias", bias);
    INDArray input = linear.input(pass, x);
    pass.kernels().affine(input, w, !inputsFirst, b, y);
    linear.output(pass, b, x, y);
    release(input, x);
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
        pass.kernels().matmul(dy, false, weight, inputsFirst, 1, beta, dx);
      }
      return;
    }
    INDArray input = Objects.requireNonNull(x, "the input of " + grafts.site().name());
    INDArray upstream = linear.upstream(pass, dy);
    inputGradient(pass, input, upstream, dx, beta);
    copyGradients(pass, input, upstream, dy);
    release(upstream, dy);
    linear.backward(pass, grafts.optionalParameter("bias", bias), input, dy, dx, null);
  }

  /** Through the frozen map, and through the scales of its input. */
  private void inputGradient(
      Pass pass, INDArray x, INDArray upstream, @Nullable INDArray dx, double beta) {
    INDArray w = grafts.parameter("weight", weight);
    if (!linear.scalesInput()) {
      if (dx != null) {
        pass.kernels().matmul(upstream, false, w, inputsFirst, 1, beta, dx);
      }
      return;
    }
    INDArray scaled = Scratch.of(x.dataType(), x.shape());
    pass.kernels().matmul(upstream, false, w, inputsFirst, 1, 0, scaled);
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
      INDArray rows = inputsFirst ? input : upstream;
      INDArray columns = inputsFirst ? upstream : input;
      pass.kernels().matmul(rows, true, columns, false, 1, 0, weightGradient);
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
