package org.peft4j.lora.internal.deltalora;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * Delta-LoRA beside a linear map: {@code y += s·(1 + λ)·B·A·x}. The gradient of x is that of the
 * whole term; A and B get the gradients of {@code s·B·A·x} alone.
 *
 * @param trains LoRA scaled by s
 * @param acts LoRA scaled by s·(1 + λ)
 * @param scale s·(1 + λ)
 * @param whole the same as a change of the weight
 */
record DeltaLoraLinear(
    LinearAdapter trains, LinearAdapter acts, double scale, DeltaLoraWeight whole)
    implements LinearAdapter, WeightAdapter {
  @Override
  public Site site() {
    return trains.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return trains.parameters();
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    acts.forward(pass, parameters, x, y);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    trains.backward(pass, parameters, x, dy, gradients, null);
    if (dx == null) {
      return;
    }
    INDArray a = parameters.get("lora_A.weight");
    INDArray b = parameters.get("lora_B.weight");
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray hidden = scratch.array(dy.dataType(), dy.size(0), a.size(0));
      pass.kernels().matmul(dy, false, b, false, scale, 0, hidden);
      pass.kernels().matmul(hidden, false, a, false, 1, 1, dx);
    }
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    whole.addDelta(pass, parameters, weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    whole.deltaGradient(pass, parameters, weightGradient, gradients);
  }
}
