package org.peft4j.lora.internal.vera;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * VeRA beside a linear map: {@code y += λ_b ⊙ B·(λ_d ⊙ A·dropout(x))} with λ_b [out], λ_d [r], and
 * as many leading columns of A and rows of B as the map needs. {@code ΔW = (λ_b ⊙ B ⊙ λ_d)·A}.
 *
 * <p>With G the gradient of the product before both vectors, [out, r] ({@code dyᵀ·A·x}, or {@code
 * ∂L/∂W'·Aᵀ}): {@code ∂λ_b = rowsum(G ⊙ B ⊙ λ_d)}, {@code ∂λ_d = columnsum(λ_b ⊙ G ⊙ B)}.
 */
record VeraLinear(Site site, VeraConfig config, Projections projections)
    implements LinearAdapter, WeightAdapter {
  private static final String LAMBDA_B = "vera_lambda_b";
  private static final String LAMBDA_D = "vera_lambda_d";

  @Override
  public List<ParameterSpec> parameters() {
    Initializer ones = (target, random) -> target.assign(1);
    Initializer constant = (target, random) -> target.assign(config.dInitial());
    return List.of(
        ParameterSpec.of(LAMBDA_B, config.init() ? Initializer.zeros() : ones, site.outputs()),
        ParameterSpec.of(
            LAMBDA_D, config.init() ? constant : Initializer.normal(1), config.rank()));
  }

  /**
   * A file may have A and B although its config says otherwise. Hugging Face PEFT then warns and
   * uses the key; here they must match the key.
   */
  @Override
  public Map<String, Supplier<INDArray>> constants() {
    Map<String, Supplier<INDArray>> constants = new LinkedHashMap<>();
    constants.put("base_model.vera_A", () -> projections.of(DataType.FLOAT).a());
    constants.put("base_model.vera_B", () -> projections.of(DataType.FLOAT).b());
    return constants;
  }

  @Override
  public boolean writesConstants() {
    return config.saveProjection();
  }

  @Override
  public Map<String, List<Long>> constantShapes() {
    return config.saveProjection()
        ? Map.of(
            "base_model.vera_A",
            projections.shapeOfA(),
            "base_model.vera_B",
            projections.shapeOfB())
        : Map.of();
  }

  private boolean drops(Pass pass) {
    return pass.training() && config.dropout() > 0;
  }

  /** The needed columns of A. */
  private INDArray a(DataType type, ScratchScope scratch) {
    INDArray whole = projections.of(type).a();
    return whole.size(1) == site.inputs()
        ? whole
        : scratch.mine(
            whole.get(NDArrayIndex.all(), NDArrayIndex.interval(0, site.inputs())).dup('c'));
  }

  /** The needed rows of B. */
  private INDArray b(DataType type) {
    INDArray whole = projections.of(type).b();
    return whole.size(0) == site.outputs()
        ? whole
        : whole.get(NDArrayIndex.interval(0, site.outputs()), NDArrayIndex.all());
  }

  /** {@code λ_b ⊙ B ⊙ λ_d}, [out, r]. */
  private INDArray scaledB(Tensors parameters, ScratchScope scratch) {
    INDArray lambdaB = parameters.get(LAMBDA_B);
    INDArray scaled = scratch.mine(b(lambdaB.dataType()).mulColumnVector(lambdaB));
    return scaled.muliRowVector(parameters.get(LAMBDA_D));
  }

  private INDArray input(Pass pass, INDArray x, ScratchScope scratch) {
    return drops(pass) ? scratch.mine(mask(pass, x.dataType(), x.shape())).muli(x) : x;
  }

  private INDArray mask(Pass pass, DataType type, long... shape) {
    return DropoutMask.draw(pass, site, config.dropout(), type, shape);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray hidden = scratch.array(x.dataType(), x.size(0), config.rank());
      INDArray a = a(x.dataType(), scratch);
      pass.kernels().matmul(input(pass, x, scratch), false, a, true, 1, 0, hidden);
      pass.kernels().matmul(hidden, false, scaledB(parameters, scratch), true, 1, 1, y);
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
      INDArray a = a(x.dataType(), scratch);
      INDArray hidden = scratch.array(x.dataType(), x.size(0), config.rank());
      kernels.matmul(input(pass, x, scratch), false, a, true, 1, 0, hidden);
      INDArray g = scratch.array(x.dataType(), site.outputs(), config.rank());
      kernels.matmul(dy, true, hidden, false, 1, 0, g);
      gradients(parameters, g, gradients, scratch);
      if (dx != null) {
        kernels.matmul(dy, false, scaledB(parameters, scratch), false, 1, 0, hidden);
        addInputGradient(pass, hidden, a, dx, scratch);
      }
    }
  }

  private void addInputGradient(
      Pass pass, INDArray dHidden, INDArray a, INDArray dx, ScratchScope scratch) {
    if (!drops(pass)) {
      pass.kernels().matmul(dHidden, false, a, false, 1, 1, dx);
      return;
    }
    INDArray part = scratch.like(dx);
    pass.kernels().matmul(dHidden, false, a, false, 1, 0, part);
    dx.addi(part.muli(scratch.mine(mask(pass, dx.dataType(), dx.shape()))));
  }

  private void gradients(Tensors parameters, INDArray g, Tensors gradients, ScratchScope scratch) {
    g.muli(b(g.dataType()));
    INDArray rows = scratch.mine(g.mulRowVector(parameters.get(LAMBDA_D)));
    gradients.get(LAMBDA_B).assign(scratch.mine(rows.sum(1)));
    g.muliColumnVector(parameters.get(LAMBDA_B));
    gradients.get(LAMBDA_D).assign(scratch.mine(g.sum(0)));
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray delta = scratch.array(weight.dataType(), weight.shape());
      INDArray a = dropped(pass, a(weight.dataType(), scratch), scratch);
      pass.kernels().matmul(scaledB(parameters, scratch), false, a, false, 1, 0, delta);
      weight.addi(delta);
    }
  }

  /** A with the columns of dropped input features zeroed. */
  private INDArray dropped(Pass pass, INDArray a, ScratchScope scratch) {
    return drops(pass)
        ? scratch.mine(a.mulRowVector(scratch.mine(mask(pass, a.dataType(), a.size(1)))))
        : a;
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray dw = scratch.mine(weightGradient.dup('c'));
      INDArray a = dropped(pass, a(dw.dataType(), scratch), scratch);
      INDArray g = scratch.array(dw.dataType(), site.outputs(), config.rank());
      pass.kernels().matmul(dw, false, a, true, 1, 0, g);
      gradients(parameters, g, gradients, scratch);
    }
  }
}
