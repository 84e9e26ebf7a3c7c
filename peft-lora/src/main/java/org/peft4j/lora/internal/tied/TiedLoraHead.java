package org.peft4j.lora.internal.tied;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * An output head whose weight is an embedding table with LoRA: {@code y += s·dropout(x)·B·A} with
 * the table's A [r, vocabulary] and B [dim, r]. It has no tensors of its own.
 *
 * @param site the head
 * @param table the adapter of the table
 */
record TiedLoraHead(Site site, TiedLora table) implements LinearAdapter, WeightAdapter {
  @Override
  public boolean readsWeight() {
    return true;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  private LoraShape shape() {
    return table.shape();
  }

  private TiedLora.Shared keyOfA() {
    return new TiedLora.Shared(table, table.nameOfA());
  }

  private TiedLora.Shared keyOfB() {
    return new TiedLora.Shared(table, table.nameOfB());
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    INDArray hidden = hidden(pass, x);
    INDArray a = pass.state().get(keyOfA());
    pass.kernels().matmul(hidden, false, a, false, shape().scale(), 1, y);
    Scratch.release(hidden);
  }

  /** dropout(x)·B, [rows, r]. */
  private INDArray hidden(Pass pass, INDArray x) {
    INDArray hidden = Scratch.of(x.dataType(), x.size(0), shape().rank());
    INDArray input = dropped(pass, x);
    pass.kernels().matmul(input, false, pass.state().get(keyOfB()), false, 1, 0, hidden);
    release(pass, input);
    return hidden;
  }

  private INDArray dropped(Pass pass, INDArray x) {
    return shape().drops(pass) ? mask(pass, x).muli(x) : x;
  }

  private INDArray mask(Pass pass, INDArray x) {
    return DropoutMask.draw(pass, site, shape().dropout(), x.dataType(), x.shape());
  }

  private void release(Pass pass, INDArray dropped) {
    if (shape().drops(pass)) {
      Scratch.release(dropped);
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
    double s = shape().scale();
    INDArray hidden = hidden(pass, x);
    pass.kernels().matmul(hidden, true, dy, false, s, 1, pass.state().gradient(keyOfA()));
    INDArray dHidden = Scratch.of(dy.dataType(), dy.size(0), shape().rank());
    pass.kernels().matmul(dy, false, pass.state().get(keyOfA()), true, s, 0, dHidden);
    INDArray input = dropped(pass, x);
    pass.kernels().matmul(input, true, dHidden, false, 1, 1, pass.state().gradient(keyOfB()));
    if (dx != null) {
      addInputGradient(pass, dHidden, dx);
    }
    release(pass, input);
    Scratch.release(hidden, dHidden);
  }

  private void addInputGradient(Pass pass, INDArray dHidden, INDArray dx) {
    INDArray b = pass.state().get(keyOfB());
    if (!shape().drops(pass)) {
      pass.kernels().matmul(dHidden, false, b, true, 1, 1, dx);
      return;
    }
    INDArray part = Scratch.of(dx.dataType(), dx.shape());
    pass.kernels().matmul(dHidden, false, b, true, 1, 0, part);
    INDArray mask = mask(pass, dx);
    dx.addi(part.muli(mask));
    Scratch.release(part, mask);
  }

  /** The weight is the table's own, which {@link TiedLora} changes. */
  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {}

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {}
}
