package org.peft4j.lora.internal.adalora;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.site.Site;

/** AdaLoRA beside a linear map: {@code y += s·B·diag(E)·A·dropout(x)}. */
final class AdaLoraLinear extends AdaLoraWeight implements LinearAdapter {
  AdaLoraLinear(Site site, LoraShape shape, boolean random, double penaltyWeight) {
    super(site, shape, random, penaltyWeight);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    Tensors factors = factors(parameters);
    lora().forward(pass, factors, x, y);
    release(factors);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    Tensors factors = factors(parameters);
    lora().backward(pass, factors, x, dy, joint(gradients), dx);
    split(parameters, gradients);
    release(factors);
  }
}
