package org.peft4j.lora.internal.lycoris;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.Scratch;

/**
 * One tensor [rows, …], the matrix itself.
 *
 * @param name its name
 * @param start its first values
 * @param shape its shape: a kernel's extents may follow the columns
 */
public record FullFactor(String name, Start start, List<Long> shape) implements Factor {
  public FullFactor {
    shape = List.copyOf(shape);
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(start.of(name, shape.stream().mapToLong(Long::longValue).toArray()));
  }

  @Override
  public INDArray matrix(Kernels kernels, Tensors parameters) {
    INDArray w = parameters.get(name);
    long rows = w.size(0);
    return Scratch.of(w.dataType(), rows, w.length() / rows)
        .assign(w.reshape('c', rows, w.length() / rows));
  }

  @Override
  public void gradient(Kernels kernels, Tensors parameters, INDArray dMatrix, Tensors gradients) {
    INDArray target = gradients.get(name);
    target.assign(dMatrix.reshape('c', target.shape()));
  }
}
