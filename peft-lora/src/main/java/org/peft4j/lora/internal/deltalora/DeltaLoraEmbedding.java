package org.peft4j.lora.internal.deltalora;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.site.Site;

/**
 * Delta-LoRA on an embedding table.
 *
 * @param trains LoRA scaled by s
 * @param acts LoRA scaled by s·(1 + λ)
 * @param whole the same as a change of the weight
 */
record DeltaLoraEmbedding(EmbeddingAdapter trains, EmbeddingAdapter acts, DeltaLoraWeight whole)
    implements EmbeddingAdapter, WeightAdapter {
  @Override
  public Site site() {
    return trains.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return trains.parameters();
  }

  @Override
  public void forward(Pass pass, Tensors parameters, int[] ids, INDArray y) {
    acts.forward(pass, parameters, ids, y);
  }

  @Override
  public void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients) {
    trains.backward(pass, parameters, ids, dy, gradients);
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
