package org.peft4j.lora.internal.lowrank;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.LoraInit;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * LoRA beside a linear map: {@code y += s·(B·A·dropout(x) + b)}, with A [r, in], B [out, r] and,
 * with {@code lora_bias}, b [out]. (Hu et al. 2021, equation 3.)
 *
 * <p>Beside a convolution, A [r, in, …kernel] is a convolution to r channels with the same window,
 * and B [out, r, 1…] maps each pixel from there: {@code ΔW[o, i, k] = s·Σ_r B[o, r]·A[r, i, k]}.
 */
public record LoraLinear(Site site, LoraShape shape) implements LinearAdapter, LowRankPart {
  /** The name of A in an adapter file. */
  public static final String A = "lora_A.weight";

  /** The name of B in an adapter file. */
  public static final String B = "lora_B.weight";

  /** The name of the bias of B in an adapter file. */
  public static final String BIAS = "lora_B.bias";

  @Override
  public List<ParameterSpec> parameters() {
    Initializer kaiming = Initializer.uniform(1 / Math.sqrt(elements(site.inputs())));
    Initializer likeLinear = Initializer.uniform(1 / Math.sqrt(shape.rank()));
    boolean random = shape.init() == LoraInit.RANDOM;
    boolean gaussian = shape.init() == LoraInit.GAUSSIAN;
    Initializer forA = gaussian ? Initializer.normal(1.0 / shape.rank()) : kaiming;
    Initializer forB = random ? likeLinear : Initializer.zeros();
    if (shape.init() == LoraInit.ORTHOGONAL) {
      forA = OrthogonalStart.forA(site, shape.rank());
      forB = OrthogonalStart.forB(site, shape.rank());
    }
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(ParameterSpec.of(A, forA, withKernel(shape.rank(), site.inputs(), false)));
    specs.add(ParameterSpec.of(B, forB, withKernel(site.outputs(), shape.rank(), true)));
    if (shape.bias()) {
      specs.add(ParameterSpec.of(BIAS, forB, site.outputs()));
    }
    return specs;
  }

  private long elements(long channels) {
    return site.kernel().stream().reduce(channels, Math::multiplyExact);
  }

  /** The shape of a matrix with the extents of the site's kernel, or as many ones. */
  private long[] withKernel(long rows, long columns, boolean ones) {
    return LongStream.concat(
            LongStream.of(rows, columns),
            site.kernel().stream().mapToLong(extent -> ones ? 1 : extent))
        .toArray();
  }

  private static INDArray a(Tensors tensors) {
    return LowRankDelta.matrix(tensors.get(A));
  }

  private static INDArray b(Tensors tensors) {
    return LowRankDelta.matrix(tensors.get(B));
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    INDArray input = dropped(pass, x);
    pass.kernels()
        .addLowRank(pass.product(), input, a(parameters), b(parameters), shape.scale(), y);
    if (shape.bias()) {
      INDArray bias = parameters.get(BIAS).mul(shape.scale());
      y.addiRowVector(bias);
      Scratch.release(bias);
    }
    if (shape.drops(pass)) {
      Scratch.release(input);
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
    INDArray input = dropped(pass, x);
    INDArray hidden = hidden(pass, parameters, input);
    pass.kernels().matmul(dy, true, hidden, false, shape.scale(), 0, b(gradients));
    INDArray hiddenGradient = Scratch.of(dy.dataType(), dy.size(0), shape.rank());
    pass.kernels().matmul(dy, false, b(parameters), false, shape.scale(), 0, hiddenGradient);
    pass.product().weightGradient(pass.kernels(), input, hiddenGradient, a(gradients));
    if (shape.bias()) {
      INDArray sum = dy.sum(0);
      gradients.get(BIAS).assign(sum.muli(shape.scale()));
      Scratch.release(sum);
    }
    if (dx != null) {
      addInputGradient(pass, parameters, hiddenGradient, dx);
    }
    Scratch.release(hidden, hiddenGradient);
    if (shape.drops(pass)) {
      Scratch.release(input);
    }
  }

  private void addInputGradient(
      Pass pass, Tensors parameters, INDArray hiddenGradient, INDArray dx) {
    if (!shape.drops(pass)) {
      pass.product().inputGradient(pass.kernels(), hiddenGradient, a(parameters), 1, dx);
      return;
    }
    INDArray part = Scratch.of(dx.dataType(), dx.shape());
    pass.product().inputGradient(pass.kernels(), hiddenGradient, a(parameters), 0, part);
    INDArray mask = mask(pass, dx);
    dx.addi(part.muli(mask));
    Scratch.release(part, mask);
  }

  private INDArray hidden(Pass pass, Tensors parameters, INDArray input) {
    INDArray hidden =
        Scratch.of(input.dataType(), pass.product().rows(input.size(0)), shape.rank());
    pass.product().multiply(pass.kernels(), input, a(parameters), null, 0, hidden);
    return hidden;
  }

  private INDArray dropped(Pass pass, INDArray x) {
    return shape.drops(pass) ? mask(pass, x).muli(x) : x;
  }

  private INDArray mask(Pass pass, INDArray x) {
    return DropoutMask.draw(pass, site, shape.dropout(), x.dataType(), x.shape());
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    LowRankDelta.add(pass, site, shape, parameters.get(A), parameters.get(B), weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    LowRankDelta.gradient(
        pass,
        site,
        shape,
        parameters.get(A),
        parameters.get(B),
        weightGradient,
        gradients.get(A),
        gradients.get(B));
  }

  @Override
  public boolean changesBias() {
    return shape.bias();
  }

  @Override
  public void addBiasDelta(Tensors parameters, INDArray bias) {
    if (shape.bias()) {
      bias.addi(parameters.get(BIAS).mul(shape.scale()).reshape(bias.shape()));
    }
  }
}
