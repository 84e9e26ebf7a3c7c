package org.peft4j.lora.internal.lokr;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * LoKr beside a linear map: {@code y += s·mask ⊙ (w1 ⊗ w2)·x}, without computing all of w1 ⊗ w2.
 *
 * @param whole the same as a change of the weight
 */
record LoKrLinear(LoKrWeight whole) implements LinearAdapter, WeightAdapter {
  @Override
  public Site site() {
    return whole.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return whole.parameters();
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    if (whole.dropout().skips(pass, site())) {
      return;
    }
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray w1 = scratch.mine(whole.first().matrix(kernels, parameters)).muli(whole.scale());
      INDArray w2 = scratch.mine(whole.second().matrix(kernels, parameters));
      INDArray inner = whole.product().inner(kernels, w2, x, scratch);
      INDArray part = whole.product().outer(kernels, w1, inner, scratch);
      drop(pass, part, part, scratch);
      y.addi(part);
    }
  }

  private void drop(Pass pass, INDArray rows, INDArray target, ScratchScope scratch) {
    if (whole.dropout().dropsRows(pass)) {
      INDArray mask = scratch.mine(whole.dropout().rowMask(pass, site(), rows.dataType()));
      pass.kernels().scaleColumns(rows, mask, target);
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
    if (whole.dropout().skips(pass, site())) {
      gradients.asMap().values().forEach(gradient -> gradient.assign(0));
      return;
    }
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray w1 = scratch.mine(whole.first().matrix(kernels, parameters)).muli(whole.scale());
      INDArray w2 = scratch.mine(whole.second().matrix(kernels, parameters));
      INDArray upstream = dy;
      if (whole.dropout().dropsRows(pass)) {
        upstream = scratch.like(dy);
        drop(pass, dy, upstream, scratch);
      }
      INDArray dw1 = scratch.like(w1);
      INDArray dw2 = scratch.like(w2);
      INDArray part = whole.product().backward(kernels, w1, w2, x, upstream, dw1, dw2, scratch);
      whole.first().gradient(kernels, parameters, dw1.muli(whole.scale()), gradients);
      whole.second().gradient(kernels, parameters, dw2, gradients);
      if (dx != null) {
        dx.addi(part);
      }
    }
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    whole.addDelta(pass, parameters, weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    whole.deltaGradient(pass, parameters, weightGradient, gradients);
  }
}
