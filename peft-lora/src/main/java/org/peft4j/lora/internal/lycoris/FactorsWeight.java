package org.peft4j.lora.internal.lycoris;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.ScratchScope;

/** A change of a weight from two factors, with dropout of whole rows. */
public interface FactorsWeight extends WeightAdapter {
  /** The first factor. */
  Factor first();

  /** The second factor. */
  Factor second();

  /** The factor s of the change. */
  double scale();

  /** The dropout in training. */
  Dropout dropout();

  /** s times the combined factors, as a matrix [out, in·…kernel] from {@code scratch}. */
  INDArray change(Kernels kernels, Tensors parameters, ScratchScope scratch);

  /**
   * Writes the gradients of both factors.
   *
   * @param gradient s times the gradient of the combined factors
   */
  void changeGradient(
      Kernels kernels,
      Tensors parameters,
      INDArray gradient,
      Tensors gradients,
      ScratchScope scratch);

  @Override
  default List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>(first().parameters());
    specs.addAll(second().parameters());
    return specs;
  }

  @Override
  default void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    if (dropout().skips(pass, site())) {
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray delta = change(pass.kernels(), parameters, scratch);
      if (dropout().dropsRows(pass)) {
        delta.muliColumnVector(scratch.mine(dropout().rowMask(pass, site(), delta.dataType())));
      }
      weight.addi(delta.reshape('c', weight.shape()));
    }
  }

  @Override
  default void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    if (dropout().skips(pass, site())) {
      gradients.asMap().values().forEach(gradient -> gradient.assign(0));
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray copy = scratch.mine(weightGradient.dup('c'));
      long rows = site().outputs();
      INDArray dw = copy.reshape('c', rows, copy.length() / rows).muli(scale());
      if (dropout().dropsRows(pass)) {
        dw.muliColumnVector(scratch.mine(dropout().rowMask(pass, site(), dw.dataType())));
      }
      changeGradient(pass.kernels(), parameters, dw, gradients, scratch);
    }
  }
}
