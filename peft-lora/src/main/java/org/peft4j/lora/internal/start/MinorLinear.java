package org.peft4j.lora.internal.start;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.site.Site;

/** {@link MinorLora} beside a linear map. */
record MinorLinear(LoraLinear lora, MinorParts first) implements LinearAdapter, LowRankPart {
  @Override
  public Site site() {
    return lora.site();
  }

  @Override
  public LoraShape shape() {
    return lora.shape();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return MinorLora.parameters(lora, first);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    lora.forward(pass, parameters, x, y);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    MinorLora.backward(
        lora, parameters, gradients, all -> lora.backward(pass, parameters, x, dy, all, dx));
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    lora.addDelta(pass, parameters, weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    MinorLora.backward(
        lora,
        parameters,
        gradients,
        all -> lora.deltaGradient(pass, parameters, weightGradient, all));
  }
}
