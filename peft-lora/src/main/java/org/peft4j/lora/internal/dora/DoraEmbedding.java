package org.peft4j.lora.internal.dora;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.internal.lowrank.LoraEmbedding;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * DoRA on an embedding table W [vocabulary, dim]: {@code y[t] = g ⊙ (W[id_t] + s·B·A[:, id_t])}.
 * Norms are those of the features' columns: m is [dim]. As in LoRA on embeddings, there is no
 * dropout.
 */
final class DoraEmbedding implements EmbeddingAdapter, WeightAdapter {
  private final Adapter lora;
  private final LoraShape shape;
  private final Dora dora;

  DoraEmbedding(Adapter lora, LoraShape shape, Dora dora) {
    this.lora = lora;
    this.shape = shape.withoutDropout();
    this.dora = dora;
  }

  @Override
  public Site site() {
    return lora.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return Dora.parameters(lora, site().outputs());
  }

  @Override
  public void complete(Tensors parameters) {
    dora.complete(parameters);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, int[] ids, INDArray y) {
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray factor = scratch.mine(dora.factor(pass, parameters));
      INDArray b = scratch.mine(dora.b(parameters).mulColumnVector(factor));
      INDArray hidden = scratch.mine(LoraEmbedding.columns(dora.a(parameters), ids));
      INDArray rows = rows(kernels, ids, y, scratch);
      kernels.scaleColumns(rows, factor.subi(1), rows);
      y.addi(rows);
      kernels.matmul(hidden, false, b, true, shape.scale(), 1, y);
    }
  }

  /** The frozen rows of the ids. */
  private INDArray rows(Kernels kernels, int[] ids, INDArray model, ScratchScope scratch) {
    INDArray rows = scratch.like(model);
    dora.weight().weight().lookUp(kernels, ids, rows);
    return rows;
  }

  @Override
  public void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients) {
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray divisor = scratch.mine(dora.divisor(pass, parameters));
      INDArray factor = scratch.mine(dora.magnitude(parameters).div(divisor));
      INDArray hidden = scratch.mine(LoraEmbedding.columns(dora.a(parameters), ids));
      kernels.matmul(dy, true, hidden, false, shape.scale(), 0, dora.b(gradients));
      INDArray sums = scratch.like(divisor);
      kernels.columnSumsOfProduct(dy, rows(kernels, ids, dy, scratch), sums);
      dora.finish(parameters, divisor, sums, gradients);
      INDArray b = scratch.mine(dora.b(parameters).mulColumnVector(factor));
      INDArray hiddenGradient = scratch.like(hidden);
      kernels.matmul(dy, false, b, false, shape.scale(), 0, hiddenGradient);
      LoraEmbedding.scatter(hiddenGradient, ids, site().padding(), dora.a(gradients));
    }
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    DoraDelta.add(pass, site(), shape, dora, parameters, weight.transpose());
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    DoraDelta.gradient(
        pass, site(), shape, dora, parameters, weightGradient.transpose(), gradients);
  }

  @Override
  public boolean readsWeight() {
    return true;
  }
}
