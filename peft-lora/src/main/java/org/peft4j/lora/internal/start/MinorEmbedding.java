package org.peft4j.lora.internal.start;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.lowrank.LoraEmbedding;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.site.Site;

/** {@link MinorLora} on an embedding. */
record MinorEmbedding(LoraEmbedding lora, MinorParts first)
    implements EmbeddingAdapter, LowRankPart {
  @Override
  public Site site() {
    return lora.site();
  }

  @Override
  public LoraShape shape() {
    return lora.shape();
  }

  @Override
  public String nameOfA() {
    return lora.nameOfA();
  }

  @Override
  public String nameOfB() {
    return lora.nameOfB();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return MinorLora.parameters(lora, first);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, int[] ids, INDArray y) {
    lora.forward(pass, parameters, ids, y);
  }

  @Override
  public void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients) {
    MinorLora.backward(
        lora, parameters, gradients, all -> lora.backward(pass, parameters, ids, dy, all));
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
