package org.peft4j.lora.internal.loha;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.internal.lycoris.Dropout;
import org.peft4j.lora.internal.lycoris.Factor;
import org.peft4j.lora.internal.lycoris.FactorsWeight;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * LoHa as a change of a weight, {@code ΔW = s·M₁ ⊙ M₂} with M₁ and M₂ [out, in…], each a low-rank
 * product. The gradient of M₁ is {@code s·∂L/∂W' ⊙ M₂}, and vice versa.
 *
 * @param scale s = α/r
 */
record LoHaWeight(Site site, Factor first, Factor second, double scale, Dropout dropout)
    implements FactorsWeight {
  @Override
  public INDArray change(Kernels kernels, Tensors parameters, ScratchScope scratch) {
    INDArray m1 = scratch.mine(first.matrix(kernels, parameters));
    return m1.muli(scratch.mine(second.matrix(kernels, parameters))).muli(scale);
  }

  @Override
  public void changeGradient(
      Kernels kernels,
      Tensors parameters,
      INDArray gradient,
      Tensors gradients,
      ScratchScope scratch) {
    INDArray other = scratch.mine(second.matrix(kernels, parameters));
    first.gradient(kernels, parameters, other.muli(gradient), gradients);
    other.assign(scratch.mine(first.matrix(kernels, parameters)));
    second.gradient(kernels, parameters, other.muli(gradient), gradients);
  }
}
