package org.peft4j.lora.internal.dora;

import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.GainAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.memory.Scratch;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * DoRA beside a linear map or a convolution, whose kernel of one output channel is a row, and whose
 * m is [1, out, 1…]: {@code y = g ⊙ (W·x + s·B·A·x) + b}. It reuses the module's own product, with
 * g as its factor. With dropout in training it computes, like Hugging Face PEFT, {@code y = W·x + b
 * + (g − 1) ⊙ W·x̃ + g ⊙ s·B·A·x̃} with x̃ the dropped input, which costs a second product each
 * way.
 */
public final class DoraLinear implements GainAdapter, WeightAdapter {
  private final Adapter lora;
  private final LoraShape shape;
  private final Dora dora;

  DoraLinear(Adapter lora, LoraShape shape, Dora dora) {
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
    if (site().kernel().isEmpty()) {
      return Dora.parameters(lora, site().outputs());
    }
    LongStream ones = site().kernel().stream().mapToLong(ignored -> 1);
    return Dora.parameters(
        lora, LongStream.concat(LongStream.of(1, site().outputs()), ones).toArray());
  }

  @Override
  public void complete(Tensors parameters) {
    dora.complete(parameters);
  }

  @Override
  public boolean hasGain(Pass pass) {
    return !shape.drops(pass);
  }

  @Override
  public INDArray gain(Pass pass, Tensors parameters) {
    return dora.factor(pass, parameters).subi(1);
  }

  /** W·x̃. */
  @Override
  public boolean records(Pass pass) {
    return shape.drops(pass);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray factor = scratch.mine(dora.factor(pass, parameters));
      INDArray input = x;
      if (shape.drops(pass)) {
        input = scratch.mine(mask(pass, x)).muli(x);
        addProduct(pass, input, scratch.mine(factor.sub(1)), y);
      }
      INDArray hidden = scratch.array(x.dataType(), y.size(0), shape.rank());
      pass.product().multiply(kernels, input, dora.a(parameters), null, 0, hidden);
      INDArray b = scratch.mine(dora.b(parameters).mulColumnVector(factor));
      kernels.matmul(hidden, false, b, true, shape.scale(), 1, y);
    }
  }

  /** {@code y += gain ⊙ W·x}, and records W·x. */
  private void addProduct(Pass pass, INDArray x, INDArray gain, INDArray y) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray product =
          pass.tape().recording() ? pass.tape().record(this, y.shape()) : scratch.like(y);
      dora.weight().forward(pass, x, product);
      INDArray scaled = scratch.like(y);
      pass.kernels().scaleColumns(product, gain, scaled);
      y.addi(scaled);
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
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      boolean drops = shape.drops(pass);
      INDArray mask = drops ? scratch.mine(mask(pass, x)) : x;
      INDArray input = drops ? scratch.mine(mask.mul(x)) : x;
      INDArray divisor = scratch.mine(dora.divisor(pass, parameters));
      INDArray factor = scratch.mine(dora.magnitude(parameters).div(divisor));
      INDArray a = dora.a(parameters);

      INDArray hidden = scratch.array(x.dataType(), dy.size(0), shape.rank());
      pass.product().multiply(kernels, input, a, null, 0, hidden);
      kernels.matmul(dy, true, hidden, false, shape.scale(), 0, dora.b(gradients));
      INDArray sums = scratch.like(divisor).assign(0);
      if (drops) {
        kernels.columnSumsOfProduct(dy, pass.tape().read(this), sums);
      }
      dora.finish(parameters, divisor, sums, gradients);

      INDArray b = scratch.mine(dora.b(parameters).mulColumnVector(factor));
      INDArray hiddenGradient = scratch.like(hidden);
      kernels.matmul(dy, false, b, false, shape.scale(), 0, hiddenGradient);
      pass.product().weightGradient(kernels, input, hiddenGradient, dora.a(gradients));
      if (dx != null && !drops) {
        pass.product().inputGradient(kernels, hiddenGradient, a, 1, dx);
      } else if (dx != null) {
        INDArray scaled = scratch.like(dy);
        kernels.scaleColumns(dy, factor.subi(1), scaled);
        INDArray part = scratch.like(dx);
        dora.weight().backward(pass, scaled, part);
        pass.product().inputGradient(kernels, hiddenGradient, a, 1, part);
        dx.addi(part.muli(mask));
      }
    }
  }

  private INDArray mask(Pass pass, INDArray x) {
    return DropoutMask.draw(pass, site(), shape.dropout(), x.dataType(), x.shape());
  }

  @Override
  public void gainBackward(
      Pass pass, Tensors parameters, INDArray gainGradient, Tensors gradients) {
    INDArray part = dora.divisor(pass, parameters).rdivi(gainGradient);
    dora.magnitude(gradients).addi(part);
    Scratch.release(part);
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
