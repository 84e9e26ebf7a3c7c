package org.peft4j.train.optimizer;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.method.TensorPlace;

/** The elements of one tensor in a vector of all parameters, [1, n] or [n]. */
final class TensorValues {
  private TensorValues() {}

  /** A copy of them, row-major. */
  static double[] read(INDArray vector, TensorPlace place) {
    try (INDArray copy = of(vector, place).dup('c')) {
      return copy.data().asDouble();
    }
  }

  static void write(double[] values, INDArray vector, TensorPlace place) {
    try (INDArray made = Nd4j.createFromArray(values)) {
      of(vector, place).assign(made);
    }
  }

  private static INDArray of(INDArray vector, TensorPlace place) {
    INDArray flat = vector.reshape('c', new long[] {vector.length()});
    return flat.get(NDArrayIndex.interval(place.offset(), place.end()));
  }
}
