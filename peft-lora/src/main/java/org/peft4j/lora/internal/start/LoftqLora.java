package org.peft4j.lora.internal.start;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.memory.Scratch;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * LoRA on the quantised values Q of {@link LoftqParts} in place of the frozen weight W: {@code y +=
 * s·B·A·dropout(x) + Q·x − W·x}. Hugging Face PEFT changes the weight to Q instead; here it does
 * not change, and loading an adapter computes Q again, which needs the same W. It takes two more
 * products than LoRA, each way.
 */
public final class LoftqLora implements LinearAdapter, WeightAdapter {
  private final LoraLinear lora;
  private final LoftqParts parts;

  private LoftqLora(LoraLinear lora, LoftqParts parts) {
    this.lora = lora;
    this.parts = parts;
  }

  /**
   * The adapter for a linear site.
   *
   * @throws org.peft4j.error.PeftException if the rank is larger than the weight's, or the weight
   *     is quantised already
   */
  public static LoftqLora of(Site site, LoraShape shape, LoftQ settings, FrozenValues frozen) {
    return new LoftqLora(
        new LoraLinear(site, shape), new LoftqParts(site, shape, settings, frozen));
  }

  @Override
  public Site site() {
    return lora.site();
  }

  /** A and B begin at zero, until {@link #complete}. */
  @Override
  public List<ParameterSpec> parameters() {
    return lora.parameters().stream()
        .map(spec -> new ParameterSpec(spec.name(), spec.shape(), Initializer.zeros()))
        .toList();
  }

  @Override
  public void complete(Tensors parameters) {
    parts.fill(parameters.get(LoraLinear.A), parameters.get(LoraLinear.B));
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    lora.forward(pass, parameters, x, y);
    INDArray product = Scratch.of(y.dataType(), y.shape());
    parts.weight().multiply(pass.kernels(), x, null, product);
    y.subi(product);
    parts.quantized().multiply(pass.kernels(), x, null, product);
    y.addi(product);
    Scratch.release(product);
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
      INDArray product = Scratch.of(dx.dataType(), dx.shape());
      parts.weight().multiplyTransposed(pass.kernels(), dy, 0, product);
      dx.subi(product);
      Scratch.release(product);
      parts.quantized().multiplyTransposed(pass.kernels(), dy, 1, dx);
    }
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    lora.addDelta(pass, parameters, weight);
    add(parts.quantized(), 1, weight);
    add(parts.weight(), -1, weight);
  }

  private static void add(FrozenWeight values, int sign, INDArray weight) {
    DataType type = weight.dataType() == DataType.DOUBLE ? DataType.DOUBLE : DataType.FLOAT;
    INDArray copy = values.widened(type);
    weight.addi(copy.muli(sign));
    copy.close();
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    lora.deltaGradient(pass, parameters, weightGradient, gradients);
  }

  /** −W·x must be the product with the weight as it is, not with another adapter in it. */
  @Override
  public boolean readsWeight() {
    return true;
  }

  @Override
  public void rememberWeight(Tensors parameters) {
    parts.quantized();
  }
}
