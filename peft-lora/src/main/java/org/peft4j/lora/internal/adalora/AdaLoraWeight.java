package org.peft4j.lora.internal.adalora;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PenaltyAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * AdaLoRA's change of a weight: {@code ΔW = s·B·diag(E)·A}, with A [r, in], E [r, 1] and B [out,
 * r]; of a convolution, in is channels in times the kernel's extents. It is LoRA with diag(E)·A for
 * A, so {@code ∂L/∂A = E ⊙ G} and {@code ∂L/∂E = Σ over in of A ⊙ G} where G is LoRA's gradient of
 * A. (Zhang et al. 2023, equation 3.)
 */
class AdaLoraWeight implements WeightAdapter, PenaltyAdapter {
  static final String A = "lora_A";
  static final String B = "lora_B";
  static final String E = "lora_E";

  private static final double FIRST_DEVIATION = 0.02;

  private final Site site;
  private final int rank;
  private final boolean random;
  private final Orthogonality orthogonality;
  private final LoraLinear lora;

  /**
   * @param shape rank, scale and dropout
   * @param random whether E starts random too, for tests; this changes the model's outputs
   * @param penaltyWeight the weight of each matrix' orthogonality in the loss
   */
  AdaLoraWeight(Site site, LoraShape shape, boolean random, double penaltyWeight) {
    this.site = site;
    this.rank = shape.rank();
    this.random = random;
    this.orthogonality = new Orthogonality(penaltyWeight);
    this.lora = new LoraLinear(site, shape);
  }

  @Override
  public final Site site() {
    return site;
  }

  @Override
  public final List<ParameterSpec> parameters() {
    Initializer vectors = Initializer.normal(random ? 1 : FIRST_DEVIATION);
    Initializer values = random ? Initializer.normal(1) : Initializer.zeros();
    return List.of(
        ParameterSpec.of(A, vectors, rank, columns(site)),
        ParameterSpec.of(B, vectors, site.outputs(), rank),
        ParameterSpec.of(E, values, rank, 1));
  }

  /** The number of ranks, which Hugging Face PEFT keeps beside A, B and E. */
  @Override
  public final long frozenCount() {
    return 1;
  }

  /** The columns of the weight as a matrix. */
  static long columns(Site site) {
    return site.kernel().stream().reduce(site.inputs(), Math::multiplyExact);
  }

  final LoraLinear lora() {
    return lora;
  }

  /** LoRA's parameters: diag(E)·A, which the caller releases, and B. */
  final Tensors factors(Tensors parameters) {
    INDArray a = parameters.get(A);
    INDArray scaled = Scratch.of(a.dataType(), a.shape());
    scaleRows(a, parameters.get(E), scaled);
    return new Tensors(Map.of(LoraLinear.A, scaled, LoraLinear.B, parameters.get(B)));
  }

  static void release(Tensors factors) {
    Scratch.release(factors.get(LoraLinear.A));
  }

  /** The tensors that receive LoRA's gradients before {@link #split}. */
  static Tensors joint(Tensors gradients) {
    return new Tensors(Map.of(LoraLinear.A, gradients.get(A), LoraLinear.B, gradients.get(B)));
  }

  /** Turns LoRA's gradient of diag(E)·A, which is in A's place, into those of A and E. */
  static void split(Tensors parameters, Tensors gradients) {
    INDArray joint = gradients.get(A);
    INDArray product = joint.mul(parameters.get(A));
    INDArray sums = product.sum(true, 1);
    gradients.get(E).assign(sums);
    scaleRows(joint, parameters.get(E), joint);
    Scratch.release(product, sums);
  }

  private static void scaleRows(INDArray a, INDArray e, INDArray target) {
    Nd4j.getExecutioner().exec(new BroadcastMulOp(a, e.reshape(e.length()), target, 0));
  }

  @Override
  public final void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    Tensors factors = factors(parameters);
    lora.addDelta(pass, factors, weight);
    release(factors);
  }

  @Override
  public final void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    Tensors factors = factors(parameters);
    lora.deltaGradient(pass, factors, weightGradient, joint(gradients));
    split(parameters, gradients);
    release(factors);
  }

  @Override
  public final double penalty(Kernels kernels, Tensors parameters) {
    return orthogonality.value(kernels, parameters.get(A), true)
        + orthogonality.value(kernels, parameters.get(B), false);
  }

  @Override
  public final void addPenaltyGradient(
      Kernels kernels, Tensors parameters, double scale, Tensors gradients) {
    orthogonality.addGradient(kernels, parameters.get(A), true, scale, gradients.get(A));
    orthogonality.addGradient(kernels, parameters.get(B), false, scale, gradients.get(B));
  }
}
