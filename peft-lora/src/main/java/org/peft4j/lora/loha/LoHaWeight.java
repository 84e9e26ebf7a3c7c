package org.peft4j.lora.loha;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.ScratchScope;
import org.peft4j.lora.lycoris.Dropout;
import org.peft4j.lora.lycoris.Factor;
import org.peft4j.site.Site;

/**
 * LoHa as a change of a weight, {@code ΔW = s·M₁ ⊙ M₂} with M₁ and M₂ [out, in…] each a product of
 * low rank. The gradient of M₁ is {@code s·∂L/∂W' ⊙ M₂}, and the other way round.
 *
 * @param scale s = α/r
 */
record LoHaWeight(Site site, Factor first, Factor second, double scale, Dropout dropout)
    implements WeightAdapter {
  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>(first.parameters());
    specs.addAll(second.parameters());
    return specs;
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    if (dropout.skips(pass, site)) {
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray delta = scratch.mine(first.matrix(pass.kernels(), parameters));
      delta.muli(scratch.mine(second.matrix(pass.kernels(), parameters))).muli(scale);
      if (dropout.dropsRows(pass)) {
        delta.muliColumnVector(scratch.mine(dropout.rowMask(pass, site, delta.dataType())));
      }
      weight.addi(delta.reshape('c', weight.shape()));
    }
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    if (dropout.skips(pass, site)) {
      gradients.asMap().values().forEach(gradient -> gradient.assign(0));
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray copy = scratch.mine(weightGradient.dup('c'));
      INDArray dw = copy.reshape('c', site.outputs(), copy.length() / site.outputs()).muli(scale);
      if (dropout.dropsRows(pass)) {
        dw.muliColumnVector(scratch.mine(dropout.rowMask(pass, site, dw.dataType())));
      }
      INDArray other = scratch.mine(second.matrix(pass.kernels(), parameters));
      first.gradient(pass.kernels(), parameters, other.muli(dw), gradients);
      other.assign(scratch.mine(first.matrix(pass.kernels(), parameters)));
      second.gradient(pass.kernels(), parameters, other.muli(dw), gradients);
    }
  }
}
