package org.peft4j.transformers.internal.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.Values;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.TestModules;

/** What follows the last block: a norm, a projection, or both. */
class StackEndTest {
  private static final int NARROW = 3;
  private static final double STEP = 1e-6;

  private final INDArray x = Values.random(1, 2, Parts.WIDTH);

  private static StackPart stack(boolean norm, boolean projection) {
    return new StackPart(
        InputPart.of(EmbeddingPart.of("tokens", SiteRole.TOKEN_EMBEDDING, 3, Parts.WIDTH, 0.02)),
        List.of(),
        norm ? Optional.of(Parts.layerNorm("norm")) : Optional.empty(),
        projection ? Optional.of(Parts.linear("out", Parts.WIDTH, NARROW)) : Optional.empty());
  }

  private static TestModules modules(StackPart stack, long width) {
    return new TestModules(stack, HeadPart.Language.of("head", width, 3, false, 0.02));
  }

  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "true, true"})
  void theOutputIsTheProjectionOfTheNorm(boolean norm, boolean projection) {
    StackPart stack = stack(norm, projection);
    try (TestModules modules = modules(stack, projection ? NARROW : Parts.WIDTH);
        CallMemory memory = TestModules.memory()) {
      StackEnd end = StackEnd.of(stack, modules.modules());
      INDArray y = Values.zeros(2, end.outputs());

      end.forward(TestModules.pass(), x, y, memory);

      assertThat(end.outputs()).isEqualTo(projection ? NARROW : Parts.WIDTH);
      assertThat(end.projects()).isEqualTo(projection);
      for (int row = 0; row < 2; row++) {
        double[] expected = x.getRow(row).toDoubleVector();
        expected = norm ? normed(expected, modules) : expected;
        expected = projection ? projected(expected, modules) : expected;
        assertThat(y.getRow(row).toDoubleVector()).containsExactly(expected, within(1e-12));
      }
    }
  }

  private static double[] normed(double[] x, TestModules modules) {
    double mean = 0;
    double variance = 0;
    for (double v : x) {
      mean += v / x.length;
    }
    for (double v : x) {
      variance += (v - mean) * (v - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double w = modules.weight("norm.weight").getDouble(i);
      y[i] =
          w * (x[i] - mean) / Math.sqrt(variance + 1e-5) + modules.weight("norm.bias").getDouble(i);
    }
    return y;
  }

  private static double[] projected(double[] x, TestModules modules) {
    double[] y = new double[NARROW];
    for (int out = 0; out < NARROW; out++) {
      y[out] = modules.weight("out.bias").getDouble(out);
      for (int i = 0; i < x.length; i++) {
        y[out] += modules.weight("out.weight").getDouble(out, i) * x[i];
      }
    }
    return y;
  }

  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "true, true"})
  void theInputGradientIsASlope(boolean norm, boolean projection) {
    StackPart stack = stack(norm, projection);
    try (TestModules modules = modules(stack, projection ? NARROW : Parts.WIDTH);
        CallMemory memory = TestModules.memory()) {
      StackEnd end = StackEnd.of(stack, modules.modules());
      INDArray dy = Values.random(2, 2, end.outputs());
      INDArray y = Values.zeros(2, end.outputs());
      INDArray dx = Values.zeros(2, Parts.WIDTH).assign(99);

      StackEnd.Kept kept = end.forward(TestModules.pass(), x, y, memory);
      end.backward(TestModules.pass(), kept, x, dy, dx, memory);

      for (int i = 0; i < x.length(); i++) {
        double value = x.getDouble(i);
        x.putScalar(i, value + STEP);
        end.forward(TestModules.pass(), x, y, memory);
        double above = Values.inner(y, dy);
        x.putScalar(i, value - STEP);
        end.forward(TestModules.pass(), x, y, memory);
        double below = Values.inner(y, dy);
        x.putScalar(i, value);
        assertThat(dx.getDouble(i))
            .as("element %d", i)
            .isCloseTo((above - below) / (2 * STEP), within(1e-6));
      }
    }
  }
}
