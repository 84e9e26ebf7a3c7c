package org.peft4j.lora.internal.deltalora;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.site.Site;

/**
 * Delta-LoRA as a change of a weight: {@code ΔW = s·(1 + λ)·B·A}, with the gradients of {@code
 * s·B·A}.
 *
 * @param trains LoRA scaled by s
 * @param acts LoRA scaled by s·(1 + λ)
 */
record DeltaLoraWeight(WeightAdapter trains, WeightAdapter acts) implements WeightAdapter {
  @Override
  public Site site() {
    return trains.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return trains.parameters();
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    acts.addDelta(pass, parameters, weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    trains.deltaGradient(pass, parameters, weightGradient, gradients);
  }
}
