package org.peft4j.lora.internal.dora;

import java.util.List;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.site.Site;

/** DoRA on a convolution: a kernel of one output channel is a row. m is [1, out, 1…]. */
final class DoraConvolution implements WeightAdapter {
  private final Adapter lora;
  private final LoraShape shape;
  private final Dora dora;

  DoraConvolution(Adapter lora, LoraShape shape, Dora dora) {
    this.lora = lora;
    this.shape = shape;
    this.dora = dora;
  }

  @Override
  public Site site() {
    return lora.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    LongStream ones = site().kernel().stream().mapToLong(ignored -> 1);
    return Dora.parameters(
        lora, LongStream.concat(LongStream.of(1, site().outputs()), ones).toArray());
  }

  @Override
  public void complete(Tensors parameters) {
    dora.complete(parameters);
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    DoraDelta.add(pass, site(), shape, dora, parameters, weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    DoraDelta.gradient(pass, site(), shape, dora, parameters, weightGradient, gradients);
  }

  @Override
  public boolean readsWeight() {
    return true;
  }
}
