package org.peft4j.bottleneck.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;

/** Each non-linearity against a known value, its gradient against central differences. */
class NonLinearFunctionTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final double STEP = 1e-6;

  @ParameterizedTest
  @CsvSource({
    "RELU, 1.5, 1.5",
    "RELU, -2, 0",
    "LEAKY_RELU, -2, -0.02",
    "GELU, 1, 0.8413447460685429",
    "GELU_NEW, 1, 0.8411919906082768",
    "SWISH, 1, 0.7310585786300049",
    "TANH, 0.5, 0.46211715726000975",
    "SIGMOID, -1, 0.2689414213699951",
    "LINEAR, -3, -3"
  })
  void valuesAreThoseOfTheDefinition(NonLinearity f, double x, double expected) {
    INDArray y = apply(f, Nd4j.createFromArray(new double[][] {{x}}));
    assertThat(Math.abs(y.getDouble(0) - expected)).isLessThan(1e-9);
  }

  @ParameterizedTest
  @EnumSource
  void gradientsEqualCentralDifferences(NonLinearity f) {
    Nd4j.getRandom().setSeed(4);
    INDArray x = Nd4j.randn(DataType.DOUBLE, 5, 7);
    INDArray dy = Nd4j.randn(DataType.DOUBLE, 5, 7);
    INDArray expected = apply(f, x.add(STEP)).subi(apply(f, x.sub(STEP))).divi(2 * STEP).muli(dy);
    NonLinearFunction.gradient(f, KERNELS, x, apply(f, x), dy);
    assertThat(dy.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-8);
  }

  private static INDArray apply(NonLinearity f, INDArray x) {
    INDArray y = Nd4j.create(DataType.DOUBLE, x.shape(), 'c');
    NonLinearFunction.apply(f, KERNELS, x, y);
    return y;
  }
}
