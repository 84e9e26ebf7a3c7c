package org.peft4j.lora.internal.mora;

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
 * MoRA beside a linear map: {@code y += decompress(M·compress(dropout(x)))}.
 *
 * @param whole the same as a change of the weight
 */
record MoraLinear(MoraWeight whole) implements LinearAdapter, WeightAdapter {
  @Override
  public Site site() {
    return whole.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return whole.parameters();
  }

  private INDArray input(Pass pass, INDArray x, ScratchScope scratch) {
    return whole.drops(pass) ? scratch.mine(whole.mask(pass, x.dataType(), x.shape())).muli(x) : x;
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray input = input(pass, x, scratch);
      INDArray compressed = whole.map().compressed(pass.kernels(), input, scratch);
      INDArray m = parameters.get(MoraWeight.M);
      y.addi(whole.map().output(pass.kernels(), m, compressed, scratch));
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
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray compressed = whole.map().compressed(kernels, input(pass, x, scratch), scratch);
      INDArray dResults = whole.map().resultGradient(dy, scratch);
      kernels.matmul(dResults, true, compressed, false, 1, 0, gradients.get(MoraWeight.M));
      if (dx != null) {
        INDArray m = parameters.get(MoraWeight.M);
        INDArray part = whole.map().inputGradient(kernels, m, dResults, scratch);
        dx.addi(input(pass, part, scratch));
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
