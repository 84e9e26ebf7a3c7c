package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Activation;

/** Activations of few numbers against their formulas in double precision. */
class FewNumbersTest {
  @ParameterizedTest
  @CsvSource({
    "SILU, 1, 1",
    "SILU, 1, 5632",
    "SILU, 3, 37",
    "QUICK_GELU, 1, 7",
    "QUICK_GELU, 4, 64",
    "GELU_TANH, 1, 1",
    "GELU_TANH, 2, 3071"
  })
  void theNumbersAreThoseOfTheFormula(Activation f, int rows, int columns) {
    INDArray x = Nd4j.randn(DataType.FLOAT, rows, columns).muli(4);
    INDArray up = Nd4j.randn(DataType.FLOAT, rows, columns);
    INDArray y = x.like();
    INDArray product = x.like();
    assertThat(FewNumbers.possible(f, x)).isTrue();

    FewNumbers.apply(f, x, y);
    FewNumbers.gated(f, x, up, product);

    for (int i = 0; i < x.length(); i++) {
      double value = x.getDouble(i);
      double expected = formula(f, value);
      double bound = 1e-6 * Math.max(1, Math.abs(value));
      assertThat(y.getDouble(i)).isCloseTo(expected, within(bound));
      assertThat(product.getDouble(i))
          .isCloseTo(expected * up.getDouble(i), within(bound * (1 + Math.abs(up.getDouble(i)))));
    }
  }

  private static double formula(Activation f, double x) {
    double cubic = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    return switch (f) {
      case SILU -> x / (1 + Math.exp(-x));
      case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
      default -> x / 2 * (1 + Math.tanh(cubic));
    };
  }

  @Test
  void farFromZeroItIsZeroOrTheNumber() {
    INDArray x = Nd4j.createFromArray(-3000f, 3000f, -95f, 95f);
    for (Activation f : new Activation[] {Activation.SILU, Activation.GELU_TANH}) {
      INDArray y = x.like();
      FewNumbers.apply(f, x, y);
      assertThat(y.getDouble(0)).isCloseTo(0, within(1e-30));
      assertThat(y.getDouble(1)).isEqualTo(3000);
      assertThat(y.getDouble(2)).isCloseTo(0, within(1e-30));
      assertThat(y.getDouble(3)).isEqualTo(95);
    }
  }

  @Test
  void othersAreLeftToOneDnn() {
    INDArray x = Nd4j.zeros(DataType.FLOAT, 1, 8);
    assertThat(FewNumbers.possible(Activation.GELU, x)).isFalse();
    assertThat(FewNumbers.possible(Activation.SILU, Nd4j.zeros(DataType.FLOAT, 64, 1024)))
        .isFalse();
  }
}
