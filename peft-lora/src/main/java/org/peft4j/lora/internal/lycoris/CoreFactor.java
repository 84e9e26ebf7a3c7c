package org.peft4j.lora.internal.lycoris;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.Scratch;
import org.peft4j.memory.ScratchScope;

/**
 * A kernel's own core between two factors of channels: {@code M[p, q, k] = Σ_ij t[i, j, k]·a[i,
 * p]·b[j, q]}, with t [r, r, …kernel], a [r, rows], b [r, inputs]; k runs over the kernel's
 * positions, and M's columns are [inputs, …kernel].
 *
 * @param name the prefix of the names of a and b
 * @param core the name of t
 * @param startB the first values of b
 */
public record CoreFactor(
    String name, String core, Start startB, long rows, int rank, long inputs, List<Long> kernel)
    implements Factor {
  public CoreFactor {
    kernel = List.copyOf(kernel);
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(
        Start.UNIFORM.of(
            core,
            LongStream.concat(LongStream.of(rank, rank), kernel.stream().mapToLong(Long::longValue))
                .toArray()));
    specs.add(Start.UNIFORM.of(name + "_a", rank, rows));
    specs.add(startB.of(name + "_b", rank, inputs));
    return specs;
  }

  private long positions() {
    return kernel.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  @Override
  public INDArray matrix(Kernels kernels, Tensors parameters) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray inner = inner(kernels, parameters, scratch);
      INDArray product = Scratch.of(inner.dataType(), rows, inputs * positions());
      kernels.matmul(parameters.get(name + "_a"), true, inner, false, 1, 0, product);
      return product;
    }
  }

  /** Σ_j t[i, j, k]·b[j, q] as [r, inputs·positions]. */
  private INDArray inner(Kernels kernels, Tensors parameters, ScratchScope scratch) {
    INDArray turned = turnedCore(parameters, scratch);
    INDArray product = scratch.array(turned.dataType(), rank * positions(), inputs);
    kernels.matmul(turned, false, parameters.get(name + "_b"), false, 1, 0, product);
    return scratch
        .mine(product.reshape('c', rank, positions(), inputs).permute(0, 2, 1).dup('c'))
        .reshape('c', rank, inputs * positions());
  }

  /** t as [r·positions, r], the second index of t last. */
  private INDArray turnedCore(Tensors parameters, ScratchScope scratch) {
    return scratch
        .mine(parameters.get(core).reshape('c', rank, rank, positions()).permute(0, 2, 1).dup('c'))
        .reshape('c', rank * positions(), rank);
  }

  @Override
  public void gradient(Kernels kernels, Tensors parameters, INDArray dMatrix, Tensors gradients) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray inner = inner(kernels, parameters, scratch);
      kernels.matmul(inner, false, dMatrix, true, 1, 0, gradients.get(name + "_a"));
      INDArray dInner = scratch.like(inner);
      kernels.matmul(parameters.get(name + "_a"), false, dMatrix, false, 1, 0, dInner);
      INDArray dProduct =
          scratch
              .mine(dInner.reshape('c', rank, inputs, positions()).permute(0, 2, 1).dup('c'))
              .reshape('c', rank * positions(), inputs);
      INDArray turned = turnedCore(parameters, scratch);
      kernels.matmul(turned, true, dProduct, false, 1, 0, gradients.get(name + "_b"));
      INDArray dTurned = scratch.like(turned);
      kernels.matmul(dProduct, false, parameters.get(name + "_b"), true, 1, 0, dTurned);
      gradients
          .get(core)
          .reshape('c', rank, rank, positions())
          .assign(dTurned.reshape('c', rank, positions(), rank).permute(0, 2, 1));
    }
  }
}
