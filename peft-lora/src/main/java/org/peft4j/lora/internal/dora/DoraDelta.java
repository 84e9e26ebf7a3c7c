package org.peft4j.lora.internal.dora;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankDelta;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * DoRA as a change of a weight, {@code ΔW = (g − 1) ⊙ W + g ⊙ s·B·A}, and the gradients that follow
 * from D = ∂L/∂W': {@code ∂m = rowsum(D ⊙ (W + s·B·A))/n}, {@code ∂B = s·g ⊙ (D·Aᵀ)}, {@code ∂A =
 * s·Bᵀ·(g ⊙ D)}. Dropout drops input features for a whole pass, as in {@link LowRankDelta}.
 */
final class DoraDelta {
  private DoraDelta() {}

  /** Adds ΔW to {@code weight} [out, in…]. */
  static void add(
      Pass pass, Site site, LoraShape shape, Dora dora, Tensors parameters, INDArray weight) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray factor = scratch.mine(dora.factor(pass, parameters));
      INDArray b = scratch.mine(dora.b(parameters).mulColumnVector(factor));
      INDArray delta = scratch.mine(dora.weight().copy(weight.dataType()));
      delta.muliColumnVector(factor.subi(1));
      pass.kernels().matmul(b, false, dora.a(parameters), false, shape.scale(), 1, delta);
      drop(pass, site, shape, delta, scratch);
      weight.addi(delta.reshape('c', weight.shape()));
    }
  }

  private static void drop(
      Pass pass, Site site, LoraShape shape, INDArray matrix, ScratchScope scratch) {
    if (shape.drops(pass)) {
      matrix.muliRowVector(
          scratch.mine(
              DropoutMask.draw(pass, site, shape.dropout(), matrix.dataType(), matrix.size(1))));
    }
  }

  /** Writes the gradients of A, B and m. */
  static void gradient(
      Pass pass,
      Site site,
      LoraShape shape,
      Dora dora,
      Tensors parameters,
      INDArray weightGradient,
      Tensors gradients) {
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray dw = scratch.mine(weightGradient.dup('c'));
      dw = dw.reshape('c', dw.size(0), dw.length() / dw.size(0));
      drop(pass, site, shape, dw, scratch);
      INDArray divisor = scratch.mine(dora.divisor(pass, parameters));
      kernels.matmul(dw, false, dora.a(parameters), true, shape.scale(), 0, dora.b(gradients));
      INDArray products = scratch.mine(dora.weight().copy(dw.dataType())).muli(dw);
      dora.finish(parameters, divisor, scratch.mine(products.sum(1)), gradients);
      dw.muliColumnVector(divisor.rdivi(dora.magnitude(parameters)));
      kernels.matmul(dora.b(parameters), true, dw, false, shape.scale(), 0, dora.a(gradients));
    }
  }
}
