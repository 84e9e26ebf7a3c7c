package org.peft4j.internal.graft;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Scratch;

/**
 * A weight change without a cheaper form beside the product: {@code y += ΔW·x} with the whole of ΔW
 * [out, in], which lives for the call only.
 */
final class WholeDelta {
  private WholeDelta() {}

  static void forward(
      Pass pass, WeightAdapter adapter, Tensors parameters, INDArray x, INDArray y) {
    INDArray delta = of(pass, adapter, parameters, y, x);
    pass.kernels().matmul(x, false, delta, true, 1, 1, y);
    Scratch.release(delta);
  }

  static void backward(
      Pass pass,
      WeightAdapter adapter,
      Graft graft,
      INDArray x,
      INDArray dy,
      @Nullable INDArray dx) {
    if (dx != null) {
      INDArray delta = of(pass, adapter, graft.parameters(), dy, x);
      pass.kernels().matmul(dy, false, delta, false, 1, 1, dx);
      Scratch.release(delta);
    }
    INDArray gradient = Scratch.of(dy.dataType(), dy.size(1), x.size(1));
    pass.kernels().matmul(dy, true, x, false, 1, 0, gradient);
    adapter.deltaGradient(pass, graft.parameters(), gradient, graft.gradients());
    Scratch.release(gradient);
  }

  private static INDArray of(
      Pass pass, WeightAdapter adapter, Tensors parameters, INDArray y, INDArray x) {
    INDArray delta = Scratch.of(y.dataType(), y.size(1), x.size(1)).assign(0);
    adapter.addDelta(pass, parameters, delta);
    return delta;
  }
}
