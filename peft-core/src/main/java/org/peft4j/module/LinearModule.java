package org.peft4j.module;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;

/**
 * A frozen linear map {@code y = x·Wᵀ + b} with what is grafted on it. The gradients of W and b are
 * computed only where a trainable copy stands in for them.
 */
public final class LinearModule {
  private final SiteGrafts grafts;
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
    pass.kernels().affine(x, w, !inputsFirst, b, y);
    grafts.forward(pass, x, y);
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
    if (dx != null) {
      INDArray w = grafts.parameter("weight", weight);
      pass.kernels().matmul(dy, false, w, inputsFirst, 1, beta, dx);
    }
    if (grafts.acts()) {
      INDArray input = Objects.requireNonNull(x, "the input of " + grafts.site().name());
      copyGradients(pass, input, dy);
      grafts.backward(pass, input, dy, dx);
    }
  }

  private void copyGradients(Pass pass, INDArray x, INDArray dy) {
    INDArray weightGradient = grafts.gradient("weight");
    if (weightGradient != null) {
      INDArray rows = inputsFirst ? x : dy;
      INDArray columns = inputsFirst ? dy : x;
      pass.kernels().matmul(rows, true, columns, false, 1, 0, weightGradient);
    }
    INDArray biasGradient = grafts.gradient("bias");
    if (biasGradient != null) {
      pass.kernels().columnSums(dy, biasGradient);
    }
  }
}
