package org.peft4j.lora.internal.start;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.GainAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.lora.internal.dora.Dora;
import org.peft4j.lora.internal.dora.DoraLinear;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.memory.ScratchScope;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;

/**
 * DoRA that starts like PiSSA or OLoRA: {@code W' = m/n ⊙ (W − s·B₀·A₀ + s·B·A)}, with n the norms
 * of the rows of the bracket, and m the norms of W at first. It is the DoRA of W with {@code Ã =
 * [A; A₀]} [2r, in] and {@code B̃ = [B, −B₀]} [out, 2r], of which A₀ and B₀ do not train.
 *
 * <p>Hugging Face PEFT changes W to {@code W − s·B₀·A₀} instead. The difference is in dropout,
 * which here also applies to {@code B₀·A₀·x}.
 */
public final class ShiftedDora implements GainAdapter, WeightAdapter {
  private final ShiftedLora lora;
  private final FirstFactors first;
  private final DoraLinear wide;

  private ShiftedDora(ShiftedLora lora, FirstFactors first, DoraLinear wide) {
    this.lora = lora;
    this.first = first;
    this.wide = wide;
  }

  /**
   * The adapter for a linear site.
   *
   * @throws org.peft4j.error.PeftException if the rank is larger than the weight's
   */
  public static ShiftedDora of(Site site, LoraShape shape, FrozenValues frozen) {
    FirstFactors first = new FirstFactors(site, shape, frozen);
    LoraShape twice = shape.withRank(2 * shape.rank());
    return new ShiftedDora(
        ShiftedLora.of(site, shape, first),
        first,
        Dora.linear(new LoraLinear(site, twice), twice, frozen));
  }

  @Override
  public Site site() {
    return lora.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return Dora.parameters(lora, site().outputs());
  }

  private Tensors widened(Tensors own, ScratchScope scratch) {
    DataType type = own.get(LoraLinear.A).dataType();
    INDArray taken = scratch.mine(first.b(type).neg());
    return tensors(
        scratch.mine(Nd4j.concat(0, own.get(LoraLinear.A), first.a(type))),
        scratch.mine(Nd4j.concat(1, own.get(LoraLinear.B), taken)),
        own);
  }

  private Tensors widenedGradients(Tensors own, ScratchScope scratch) {
    INDArray a = own.get(LoraLinear.A);
    INDArray b = own.get(LoraLinear.B);
    return tensors(
        scratch.array(a.dataType(), 2 * a.size(0), a.size(1)),
        scratch.array(b.dataType(), b.size(0), 2 * b.size(1)),
        own);
  }

  private static Tensors tensors(INDArray a, INDArray b, Tensors own) {
    return new Tensors(
        Map.of(LoraLinear.A, a, LoraLinear.B, b, Dora.MAGNITUDE, own.get(Dora.MAGNITUDE)));
  }

  /** The gradients of A and B, without those of A₀ and B₀. */
  private static void narrow(Tensors widened, Tensors own) {
    INDArray a = own.get(LoraLinear.A);
    INDArray b = own.get(LoraLinear.B);
    a.assign(
        widened.get(LoraLinear.A).get(NDArrayIndex.interval(0, a.size(0)), NDArrayIndex.all()));
    b.assign(
        widened.get(LoraLinear.B).get(NDArrayIndex.all(), NDArrayIndex.interval(0, b.size(1))));
  }

  @Override
  public void complete(Tensors parameters) {
    try (ScratchScope scratch = new ScratchScope()) {
      wide.complete(widened(parameters, scratch));
    }
  }

  @Override
  public boolean hasGain(Pass pass) {
    return wide.hasGain(pass);
  }

  @Override
  public INDArray gain(Pass pass, Tensors parameters) {
    try (ScratchScope scratch = new ScratchScope()) {
      return wide.gain(pass, widened(parameters, scratch));
    }
  }

  @Override
  public boolean records(Pass pass) {
    return wide.records(pass);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    try (ScratchScope scratch = new ScratchScope()) {
      wide.forward(pass, widened(parameters, scratch), x, y);
    }
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    try (ScratchScope scratch = new ScratchScope()) {
      Tensors all = widenedGradients(gradients, scratch);
      wide.backward(pass, widened(parameters, scratch), x, dy, all, dx);
      narrow(all, gradients);
    }
  }

  @Override
  public void gainBackward(
      Pass pass, Tensors parameters, INDArray gainGradient, Tensors gradients) {
    try (ScratchScope scratch = new ScratchScope()) {
      wide.gainBackward(pass, widened(parameters, scratch), gainGradient, gradients);
    }
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    try (ScratchScope scratch = new ScratchScope()) {
      wide.addDelta(pass, widened(parameters, scratch), weight);
    }
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    try (ScratchScope scratch = new ScratchScope()) {
      Tensors all = widenedGradients(gradients, scratch);
      wide.deltaGradient(pass, widened(parameters, scratch), weightGradient, all);
      narrow(all, gradients);
    }
  }

  @Override
  public boolean readsWeight() {
    return true;
  }
}
