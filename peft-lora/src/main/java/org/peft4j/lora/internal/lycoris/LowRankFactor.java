package org.peft4j.lora.internal.lycoris;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.Scratch;

/**
 * The product a·b of {@code NAME_a} [rows, r] and {@code NAME_b} [r, columns].
 *
 * @param name the prefix of both names
 * @param startA the first values of a
 * @param startB the first values of b
 */
public record LowRankFactor(
    String name, Start startA, Start startB, long rows, int rank, long columns) implements Factor {
  @Override
  public List<ParameterSpec> parameters() {
    return List.of(startA.of(name + "_a", rows, rank), startB.of(name + "_b", rank, columns));
  }

  @Override
  public INDArray matrix(Kernels kernels, Tensors parameters) {
    INDArray a = parameters.get(name + "_a");
    INDArray product = Scratch.of(a.dataType(), rows, columns);
    kernels.matmul(a, false, parameters.get(name + "_b"), false, 1, 0, product);
    return product;
  }

  @Override
  public void gradient(Kernels kernels, Tensors parameters, INDArray dMatrix, Tensors gradients) {
    INDArray a = parameters.get(name + "_a");
    INDArray b = parameters.get(name + "_b");
    kernels.matmul(dMatrix, false, b, true, 1, 0, gradients.get(name + "_a"));
    kernels.matmul(a, true, dMatrix, false, 1, 0, gradients.get(name + "_b"));
  }
}
