package org.peft4j.lora.internal.lowrank;

import java.util.List;
import java.util.OptionalInt;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.LoraInit;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * LoRA on an embedding table W [vocabulary, dim]: {@code y[t] += s·B·A[:, id_t]}, with A [r,
 * vocabulary] and B [dim, r]; {@code ΔW = s·(B·A)ᵀ}. Here A starts at zero and B normal. As in
 * Hugging Face PEFT, there is no dropout.
 */
public record LoraEmbedding(Site site, LoraShape shape) implements EmbeddingAdapter, LowRankPart {
  /** The name of A in an adapter file. */
  public static final String A = "lora_embedding_A";

  /** The name of B in an adapter file. */
  public static final String B = "lora_embedding_B";

  @Override
  public String nameOfA() {
    return A;
  }

  @Override
  public String nameOfB() {
    return B;
  }

  @Override
  public List<ParameterSpec> parameters() {
    Initializer forA =
        shape.init() == LoraInit.RANDOM ? Initializer.normal(1) : Initializer.zeros();
    return List.of(
        ParameterSpec.of(A, forA, shape.rank(), site.inputs()),
        ParameterSpec.of(B, Initializer.normal(1), site.outputs(), shape.rank()));
  }

  @Override
  public void forward(Pass pass, Tensors parameters, int[] ids, INDArray y) {
    INDArray hidden = columns(parameters.get(A), ids);
    pass.kernels().matmul(hidden, false, parameters.get(B), true, shape.scale(), 1, y);
    Scratch.release(hidden);
  }

  @Override
  public void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients) {
    INDArray hidden = columns(parameters.get(A), ids);
    pass.kernels().matmul(dy, true, hidden, false, shape.scale(), 0, gradients.get(B));
    INDArray hiddenGradient = Scratch.of(dy.dataType(), ids.length, shape.rank());
    pass.kernels().matmul(dy, false, parameters.get(B), false, shape.scale(), 0, hiddenGradient);
    scatter(hiddenGradient, ids, site.padding(), gradients.get(A));
    Scratch.release(hidden, hiddenGradient);
  }

  /** The columns of A for the ids, as rows [ids, r]. */
  public static INDArray columns(INDArray a, int[] ids) {
    INDArray rows = Scratch.of(a.dataType(), ids.length, a.size(0));
    INDArray transposed = a.transpose().dup('c');
    Nd4j.pullRows(transposed, rows, 1, ids);
    Scratch.release(transposed);
    return rows;
  }

  /**
   * Adds each row to its id's column; ids may repeat. Sequential, so that sums have a fixed order.
   *
   * @param padding the id whose column stays zero
   */
  public static void scatter(INDArray rows, int[] ids, OptionalInt padding, INDArray target) {
    int rank = (int) rows.size(1);
    int vocabulary = (int) target.size(1);
    double[] values = rows.dup('c').data().asDouble();
    double[] sums = new double[Math.multiplyExact(rank, vocabulary)];
    for (int t = 0; t < ids.length; t++) {
      if (padding.isPresent() && ids[t] == padding.getAsInt()) {
        continue;
      }
      for (int k = 0; k < rank; k++) {
        sums[k * vocabulary + ids[t]] += values[t * rank + k];
      }
    }
    INDArray source = Nd4j.createFromArray(sums);
    target.assign(source.reshape('c', rank, vocabulary).castTo(target.dataType()));
    Scratch.release(source);
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    INDArray delta = Scratch.of(weight.dataType(), weight.shape());
    pass.kernels()
        .matmul(parameters.get(A), true, parameters.get(B), true, shape.scale(), 0, delta);
    weight.addi(delta);
    Scratch.release(delta);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    INDArray dw = weightGradient.dup('c');
    pass.kernels().matmul(dw, true, parameters.get(A), true, shape.scale(), 0, gradients.get(B));
    pass.kernels().matmul(parameters.get(B), true, dw, true, shape.scale(), 0, gradients.get(A));
    Scratch.release(dw);
  }
}
