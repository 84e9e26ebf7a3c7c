package org.peft4j.benchmarks.kernels;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Kernels;

/**
 * A kernel with its shape.
 *
 * @param name for parameters and tables
 * @param flops floating-point operations of a call; 0 if memory is the limit
 * @param bytes read and written in a call, each array once
 * @param preparation makes the arrays
 */
record KernelCase(String name, double flops, double bytes, Preparation preparation) {

  /** Whether weights are BFLOAT16, whose products have their own peak. */
  boolean half() {
    return name.startsWith(KernelCases.HALF_PRODUCT);
  }

  /** Makes a case's arrays and returns the call to time. */
  @FunctionalInterface
  interface Preparation {
    Runnable prepare(Kernels kernels, Arrays arrays);
  }

  /** The arrays of a case; closing frees them. */
  static final class Arrays implements AutoCloseable {
    private final List<INDArray> arrays = new ArrayList<>();

    /** Values between 0 and 1. */
    INDArray random(long... shape) {
      return mine(Nd4j.rand(DataType.FLOAT, shape));
    }

    /** Like {@link #random}, in BFLOAT16. */
    INDArray randomHalf(long... shape) {
      try (INDArray wide = Nd4j.rand(DataType.FLOAT, shape)) {
        return mine(wide.castTo(DataType.BFLOAT16));
      }
    }

    /** Zeros. */
    INDArray zeros(long... shape) {
      return mine(Nd4j.create(DataType.FLOAT, shape));
    }

    private INDArray mine(INDArray array) {
      arrays.add(array);
      return array;
    }

    @Override
    public void close() {
      arrays.forEach(INDArray::close);
    }
  }
}
