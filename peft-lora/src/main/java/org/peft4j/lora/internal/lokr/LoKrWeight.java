package org.peft4j.lora.internal.lokr;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.internal.lycoris.Dropout;
import org.peft4j.lora.internal.lycoris.Factor;
import org.peft4j.lora.internal.lycoris.FactorsWeight;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * LoKr as a change of a weight, {@code ΔW = s·w1 ⊗ w2}. As in Hugging Face PEFT, s = α/r even if
 * both factors are full.
 *
 * @param scale s
 */
record LoKrWeight(
    Site site, Kronecker product, Factor first, Factor second, double scale, Dropout dropout)
    implements FactorsWeight {
  @Override
  public INDArray change(Kernels kernels, Tensors parameters, ScratchScope scratch) {
    INDArray w1 = scratch.mine(first.matrix(kernels, parameters)).muli(scale);
    return product.whole(w1, scratch.mine(second.matrix(kernels, parameters)), scratch);
  }

  @Override
  public void changeGradient(
      Kernels kernels,
      Tensors parameters,
      INDArray gradient,
      Tensors gradients,
      ScratchScope scratch) {
    INDArray w1 = scratch.mine(first.matrix(kernels, parameters));
    INDArray w2 = scratch.mine(second.matrix(kernels, parameters));
    INDArray dw1 = scratch.like(w1);
    INDArray dw2 = scratch.like(w2);
    product.wholeGradient(w1, w2, gradient, dw1, dw2, scratch);
    first.gradient(kernels, parameters, dw1, gradients);
    second.gradient(kernels, parameters, dw2, gradients);
  }
}
