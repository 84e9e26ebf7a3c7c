package org.peft4j.lora.internal.dora;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.internal.lowrank.LoraEmbedding;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankDelta;
import org.peft4j.lora.internal.lowrank.PlainLora;
import org.peft4j.memory.Scratch;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * DoRA (Liu et al. 2024): splits the weight's rows into norm m and direction, {@code W' = g ⊙ (W +
 * s·B·A)} with {@code g = m/n} and n the norms of the rows of {@code W + s·B·A}. m trains and
 * starts as n; as in section 4.3 of the paper, n is a constant in the backward pass. A row with
 * norm 0 stays 0.
 *
 * <p>The common part of the DoRA adapters at all kinds of sites: m among the tensors, and g.
 *
 * @see <a href="https://arxiv.org/abs/2402.09353">Liu et al., DoRA: Weight-Decomposed Low-Rank
 *     Adaptation, 2024</a>
 */
public final class Dora {
  /** The name of m in an adapter file. */
  public static final String MAGNITUDE = "lora_magnitude_vector";

  private final DoraNorm norm;
  private final String a;
  private final String b;

  private Dora(DoraNorm norm, String a, String b) {
    this.norm = norm;
    this.a = a;
    this.b = b;
  }

  /**
   * The adapter for a site.
   *
   * @throws org.peft4j.error.PeftException if LoRA cannot be grafted there
   */
  public static Adapter adapter(Site site, LoraShape shape, FrozenValues frozen) {
    Adapter lora = PlainLora.at(site, shape);
    return switch (site.kind()) {
      case EMBEDDING -> {
        DoraNorm norm = norm(site, shape, frozen);
        yield new DoraEmbedding(lora, shape, new Dora(norm, LoraEmbedding.A, LoraEmbedding.B));
      }
      default -> linear(lora, shape, frozen);
    };
  }

  private static DoraNorm norm(Site site, LoraShape shape, FrozenValues frozen) {
    boolean turned = site.kind() == SiteKind.EMBEDDING;
    return new DoraNorm(() -> new DirectedRows(frozen.weight(site), turned), shape.scale());
  }

  /** The adapter for a linear map or a convolution. */
  public static DoraLinear linear(Adapter lora, LoraShape shape, FrozenValues frozen) {
    DoraNorm norm = norm(lora.site(), shape, frozen);
    return new DoraLinear(lora, shape, new Dora(norm, LoraLinear.A, LoraLinear.B));
  }

  /** LoRA's tensors and m; {@link #complete} sets m's first value. */
  public static List<ParameterSpec> parameters(Adapter lora, long... magnitude) {
    List<ParameterSpec> specs = new ArrayList<>(lora.parameters());
    specs.add(ParameterSpec.of(MAGNITUDE, Initializer.zeros(), magnitude));
    return specs;
  }

  /** m = n. */
  void complete(Tensors parameters) {
    INDArray norms = norm.norms(new Nd4jKernels(), a(parameters), b(parameters));
    INDArray magnitude = parameters.get(MAGNITUDE);
    magnitude.assign(norms.reshape(magnitude.shape()));
    Scratch.release(norms);
  }

  DirectedRows weight() {
    return norm.weight();
  }

  /** A as a matrix [r, in]. */
  INDArray a(Tensors tensors) {
    return LowRankDelta.matrix(tensors.get(a));
  }

  /** B as a matrix [out, r]. */
  INDArray b(Tensors tensors) {
    return LowRankDelta.matrix(tensors.get(b));
  }

  /** m as a vector [out]. */
  INDArray magnitude(Tensors tensors) {
    INDArray m = tensors.get(MAGNITUDE);
    return m.reshape(m.length());
  }

  /** n, [out], in an array that the caller releases; see {@link DoraNorm#divisor}. */
  INDArray divisor(Pass pass, Tensors parameters) {
    return norm.divisor(pass.kernels(), a(parameters), b(parameters));
  }

  /** g = m/n, [out], in an array that the caller releases. */
  INDArray factor(Pass pass, Tensors parameters) {
    return divisor(pass, parameters).rdivi(magnitude(parameters));
  }

  /**
   * Completes the gradients after LoRA's backward pass with factor 1, which has written B's: writes
   * m's, {@code (rowsum(B ⊙ ∂B) + sums)/n}, and multiplies B's by g.
   *
   * @param sums Σ of the gradient ⊙ W over each row of W, [out]; zero if it comes later
   */
  void finish(Tensors parameters, INDArray divisor, INDArray sums, Tensors gradients) {
    INDArray gradientB = b(gradients);
    INDArray products = gradientB.mul(b(parameters));
    INDArray along = products.sum(1);
    magnitude(gradients).assign(along.addi(sums).divi(divisor));
    Scratch.release(products, along);
    INDArray factor = magnitude(parameters).div(divisor);
    gradientB.muliColumnVector(factor);
    Scratch.release(factor);
  }
}
