package org.peft4j.adapter;

import java.util.random.RandomGenerator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Writes the first value of a trainable tensor. */
@FunctionalInterface
public interface Initializer {
  /**
   * Fills {@code target}.
   *
   * @param random this tensor's own generator, seeded by the model's seed and the tensor's name, so
   *     that the values of tensors are independent
   */
  void fill(INDArray target, RandomGenerator random);

  /** All zero. */
  static Initializer zeros() {
    return (target, random) -> target.assign(0);
  }

  /** A copy of {@code value}. */
  static Initializer copyOf(INDArray value) {
    return (target, random) -> target.assign(value);
  }

  /** Uniform on (−bound, bound). */
  static Initializer uniform(double bound) {
    return (target, random) -> fillWith(target, () -> (2 * random.nextDouble() - 1) * bound);
  }

  /** Normal with mean 0 and standard deviation {@code sigma}. */
  static Initializer normal(double sigma) {
    return (target, random) -> fillWith(target, () -> random.nextGaussian() * sigma);
  }

  private static void fillWith(INDArray target, java.util.function.DoubleSupplier value) {
    double[] values = new double[Math.toIntExact(target.length())];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.getAsDouble();
    }
    try (INDArray source = Nd4j.createFromArray(values)) {
      target.assign(source.reshape('c', target.shape()).castTo(target.dataType()));
    }
  }
}
