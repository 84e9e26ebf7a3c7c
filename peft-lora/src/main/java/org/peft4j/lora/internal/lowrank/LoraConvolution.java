package org.peft4j.lora.internal.lowrank;

import java.util.List;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.LoraInit;
import org.peft4j.site.Site;

/**
 * LoRA on a convolution: A [r, in, …kernel] is a convolution to r channels, B [out, r, 1…] a 1×1
 * convolution from there, so {@code ΔW[o, i, k] = s·Σ_r B[o, r]·A[r, i, k]}. The layer runs with W
 * + ΔW, which is right for every stride, dilation and padding.
 */
record LoraConvolution(Site site, LoraShape shape) implements LowRankPart {
  @Override
  public List<ParameterSpec> parameters() {
    long fanIn = site.kernel().stream().reduce(site.inputs(), Math::multiplyExact);
    Initializer kaiming = Initializer.uniform(1 / Math.sqrt(fanIn));
    Initializer forA =
        shape.init() == LoraInit.GAUSSIAN ? Initializer.normal(1.0 / shape.rank()) : kaiming;
    Initializer forB =
        shape.init() == LoraInit.RANDOM
            ? Initializer.uniform(1 / Math.sqrt(shape.rank()))
            : Initializer.zeros();
    return List.of(
        ParameterSpec.of(LoraLinear.A, forA, shapeOfA()),
        ParameterSpec.of(LoraLinear.B, forB, shapeOfB()));
  }

  private long[] shapeOfA() {
    return LongStream.concat(
            LongStream.of(shape.rank(), site.inputs()),
            site.kernel().stream().mapToLong(Long::longValue))
        .toArray();
  }

  private long[] shapeOfB() {
    return LongStream.concat(
            LongStream.of(site.outputs(), shape.rank()),
            site.kernel().stream().mapToLong(ignored -> 1))
        .toArray();
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    LowRankDelta.add(
        pass, site, shape, parameters.get(LoraLinear.A), parameters.get(LoraLinear.B), weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    LowRankDelta.gradient(
        pass,
        site,
        shape,
        parameters.get(LoraLinear.A),
        parameters.get(LoraLinear.B),
        weightGradient,
        gradients.get(LoraLinear.A),
        gradients.get(LoraLinear.B));
  }
}
