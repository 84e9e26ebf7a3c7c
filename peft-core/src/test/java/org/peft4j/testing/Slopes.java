package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.DoubleSupplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A gradient against central differences of a loss, in double precision: along a few random
 * directions, in which every parameter takes part, and along a few single parameters.
 */
public final class Slopes {
  private static final double STEP = 1e-7;
  private static final int DIRECTIONS = 3;
  private static final int SINGLE = 5;

  private final INDArray parameters;
  private final INDArray gradient;
  private final DoubleSupplier loss;
  private final double tolerance;

  private Slopes(INDArray parameters, INDArray gradient, DoubleSupplier loss, double tolerance) {
    this.parameters = parameters;
    this.gradient = gradient;
    this.loss = loss;
    this.tolerance = tolerance;
  }

  /**
   * The gradient is the slope of the loss, and not all of it is zero.
   *
   * @param parameters what the loss depends on; as they were afterwards
   * @param tolerance the largest difference, as a part of the slope if that is above 1
   */
  public static void assertGradient(
      INDArray parameters, INDArray gradient, DoubleSupplier loss, double tolerance) {
    assertThat(gradient.norm2Number().doubleValue()).isPositive();
    new Slopes(parameters, gradient.reshape(parameters.shape()), loss, tolerance).check();
  }

  private void check() {
    int count = Math.toIntExact(parameters.length());
    int stride = 1 + count / SINGLE;
    for (int i = 0; i < count; i += stride) {
      double[] direction = new double[count];
      direction[i] = 1;
      check(direction, "parameter " + i + " of " + count);
    }
    Random random = new Random(3);
    for (int i = 0; i < DIRECTIONS; i++) {
      check(random.doubles(count, -1, 1).toArray(), "random direction " + i);
    }
  }

  private void check(double[] direction, String name) {
    INDArray start = parameters.dup();
    INDArray along = Nd4j.createFromArray(direction).reshape(parameters.shape());
    parameters.assign(start.add(along.mul(STEP)));
    double up = loss.getAsDouble();
    parameters.assign(start.sub(along.mul(STEP)));
    double down = loss.getAsDouble();
    parameters.assign(start);
    double slope = gradient.mul(along).sumNumber().doubleValue();
    assertThat(slope)
        .as(name)
        .isCloseTo((up - down) / (2 * STEP), within(tolerance * Math.max(1, Math.abs(slope))));
  }
}
