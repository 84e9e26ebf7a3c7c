package org.peft4j.lora.internal.lycoris;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;

/** A trained matrix [rows, columns], as one tensor or a product of smaller ones. */
public sealed interface Factor permits FullFactor, LowRankFactor, CoreFactor {
  /** Its tensors. */
  List<ParameterSpec> parameters();

  /** The matrix, in an array that the caller releases. */
  INDArray matrix(Kernels kernels, Tensors parameters);

  /** Writes the gradients of its tensors, given the matrix' gradient, row-major. */
  void gradient(Kernels kernels, Tensors parameters, INDArray dMatrix, Tensors gradients);

  /** The first values of a tensor. */
  enum Start {
    /**
     * Uniform on ±1/√fan-in; the fan-in is the number of elements per entry of the first dimension.
     */
    UNIFORM,
    /** Zero. */
    ZERO;

    ParameterSpec of(String name, long... shape) {
      long fanIn = Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact);
      Initializer initializer =
          this == ZERO ? Initializer.zeros() : Initializer.uniform(1 / Math.sqrt(fanIn));
      return ParameterSpec.of(name, initializer, shape);
    }
  }
}
