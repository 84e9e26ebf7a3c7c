package org.peft4j.internal.graft;

import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.memory.Scratch;

/**
 * A weight change without a cheaper form beside the product: {@code y += ΔW·x} with the whole of ΔW
 * [out, in], or [out, in, …kernel], which lives for the call only.
 */
final class WholeDelta {
  private WholeDelta() {}

  static void forward(
      Pass pass, WeightAdapter adapter, Tensors parameters, INDArray x, INDArray y) {
    INDArray delta = of(pass, adapter, parameters, y, x);
    pass.product().multiply(pass.kernels(), x, matrix(delta), null, 1, y);
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
      pass.product().inputGradient(pass.kernels(), dy, matrix(delta), 1, dx);
      Scratch.release(delta);
    }
    INDArray gradient = Scratch.of(dy.dataType(), shape(adapter, dy, x));
    pass.product().weightGradient(pass.kernels(), x, dy, matrix(gradient));
    adapter.deltaGradient(pass, graft.parameters(), gradient, graft.gradients());
    Scratch.release(gradient);
  }

  private static INDArray of(
      Pass pass, WeightAdapter adapter, Tensors parameters, INDArray y, INDArray x) {
    INDArray delta = Scratch.of(y.dataType(), shape(adapter, y, x)).assign(0);
    adapter.addDelta(pass, parameters, delta);
    return delta;
  }

  private static long[] shape(WeightAdapter adapter, INDArray y, INDArray x) {
    return LongStream.concat(
            LongStream.of(y.size(1), x.size(1)),
            adapter.site().kernel().stream().mapToLong(Long::longValue))
        .toArray();
  }

  private static INDArray matrix(INDArray delta) {
    return delta.reshape('c', delta.size(0), delta.length() / delta.size(0));
  }
}
