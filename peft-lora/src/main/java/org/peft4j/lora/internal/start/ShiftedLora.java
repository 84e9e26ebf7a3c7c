package org.peft4j.lora.internal.start;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.memory.Scratch;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;

/**
 * LoRA that starts as a part of the frozen weight and removes that part from it: {@code y +=
 * s·(B·A·dropout(x) − B₀·A₀·x)}, with A₀ and B₀ of {@link FirstFactors}. Hugging Face PEFT changes
 * the weight to {@code W − s·B₀·A₀} instead; here it does not change, and loading an adapter
 * computes the part again. Outputs start as the base model's, except for rounding.
 */
public final class ShiftedLora implements LinearAdapter, LowRankPart {
  private final LoraLinear lora;
  private final FirstFactors first;

  private ShiftedLora(LoraLinear lora, FirstFactors first) {
    this.lora = lora;
    this.first = first;
  }

  /**
   * The adapter for a linear site.
   *
   * @throws org.peft4j.error.PeftException if the rank is larger than the weight's
   */
  public static ShiftedLora of(Site site, LoraShape shape, FrozenValues frozen) {
    return of(site, shape, new FirstFactors(site, shape, frozen));
  }

  static ShiftedLora of(Site site, LoraShape shape, FirstFactors first) {
    return new ShiftedLora(new LoraLinear(site, shape), first);
  }

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
    List<ParameterSpec> specs = new ArrayList<>();
    for (ParameterSpec spec : lora.parameters()) {
      boolean isA = spec.name().equals(LoraLinear.A);
      Initializer initializer =
          (target, random) ->
              target.assign(isA ? first.a(target.dataType()) : first.b(target.dataType()));
      specs.add(new ParameterSpec(spec.name(), spec.shape(), initializer));
    }
    return specs;
  }

  @Override
  public Factors factors(Tensors tensors) {
    Factors own = LowRankPart.super.factors(tensors);
    return new Factors(
        Nd4j.concat(0, own.a(), first.a(type(tensors)).castTo(DataType.DOUBLE)),
        Nd4j.concat(1, own.b(), first.b(type(tensors)).castTo(DataType.DOUBLE).neg()));
  }

  private static DataType type(Tensors tensors) {
    return tensors.get(LoraLinear.A).dataType();
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    lora.forward(pass, parameters, x, y);
    DataType type = type(parameters);
    INDArray hidden = Scratch.of(type, x.size(0), shape().rank());
    pass.kernels().matmul(x, false, first.a(type), true, 1, 0, hidden);
    pass.kernels().matmul(hidden, false, first.b(type), true, -shape().scale(), 1, y);
    Scratch.release(hidden);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    lora.backward(pass, parameters, x, dy, gradients, dx);
    if (dx != null) {
      DataType type = type(parameters);
      INDArray hidden = Scratch.of(type, dy.size(0), shape().rank());
      pass.kernels().matmul(dy, false, first.b(type), false, -shape().scale(), 0, hidden);
      pass.kernels().matmul(hidden, false, first.a(type), false, 1, 1, dx);
      Scratch.release(hidden);
    }
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    lora.addDelta(pass, parameters, weight);
    INDArray part = Scratch.of(weight.dataType(), weight.shape());
    DataType type = weight.dataType();
    pass.kernels().matmul(first.b(type), false, first.a(type), false, -shape().scale(), 0, part);
    weight.addi(part);
    Scratch.release(part);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    lora.deltaGradient(pass, parameters, weightGradient, gradients);
  }

  @Override
  public void rememberWeight(Tensors parameters) {
    first.a(type(parameters));
  }
}
