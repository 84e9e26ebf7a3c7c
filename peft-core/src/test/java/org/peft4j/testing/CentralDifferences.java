package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleSupplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;

/** Gradients against central differences, in double precision. */
public final class CentralDifferences {
  private static final double STEP = 1e-5;

  private CentralDifferences() {}

  /** Every entry of every gradient is the slope of {@code function}. */
  public static void assertGradients(Tensors values, Tensors gradients, DoubleSupplier function) {
    values
        .asMap()
        .forEach((name, array) -> assertGradient(name, array, gradients.get(name), function));
  }

  private static void assertGradient(
      String name, INDArray array, INDArray gradient, DoubleSupplier function) {
    for (long i = 0; i < array.length(); i++) {
      double value = array.getDouble(i);
      array.putScalar(i, value + STEP);
      double above = function.getAsDouble();
      array.putScalar(i, value - STEP);
      double below = function.getAsDouble();
      array.putScalar(i, value);
      double slope = (above - below) / (2 * STEP);
      assertThat(gradient.getDouble(i))
          .as("%s[%d]", name, i)
          .isCloseTo(slope, within(1e-7 * Math.max(1, Math.abs(slope))));
    }
  }
}
