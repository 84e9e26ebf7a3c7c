package org.peft4j.lora.lokr;

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
 * LoKr as a change of a weight, {@code ΔW = s·w1 ⊗ w2}. As in Hugging Face PEFT, s = α/r whether or
 * not a factor is of rank r.
 *
 * @param scale s
 */
record LoKrWeight(
    Site site, Kronecker product, Factor first, Factor second, double scale, Dropout dropout)
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
      INDArray w1 = scratch.mine(first.matrix(pass.kernels(), parameters)).muli(scale);
      INDArray w2 = scratch.mine(second.matrix(pass.kernels(), parameters));
      INDArray delta = product.whole(w1, w2, scratch);
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
      INDArray w1 = scratch.mine(first.matrix(pass.kernels(), parameters));
      INDArray w2 = scratch.mine(second.matrix(pass.kernels(), parameters));
      INDArray dw1 = scratch.like(w1);
      INDArray dw2 = scratch.like(w2);
      product.wholeGradient(w1, w2, dw, dw1, dw2, scratch);
      first.gradient(pass.kernels(), parameters, dw1, gradients);
      second.gradient(pass.kernels(), parameters, dw2, gradients);
    }
  }
}
