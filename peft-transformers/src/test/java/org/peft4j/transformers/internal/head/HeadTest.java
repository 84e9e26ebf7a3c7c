package org.peft4j.transformers.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
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

/** Logits with a multiplier before and a soft cap after, and the gradient of their loss. */
class HeadTest {
  private static final int WIDTH = 4;
  private static final int OUTPUTS = 5;
  private static final double STEP = 1e-6;

  private final INDArray hidden = Values.random(1, 3, WIDTH);

  private static TestModules modules(HeadPart.Output head) {
    EmbeddingPart tokens = EmbeddingPart.of("tokens", SiteRole.TOKEN_EMBEDDING, 3, WIDTH, 0.02);
    return new TestModules(
        new StackPart(InputPart.of(tokens), List.of(), Optional.empty(), Optional.empty()), head);
  }

  private static HeadPart.Output part(double multiplier, double cap) {
    return new HeadPart.Language(
        HeadPart.Language.of("head", WIDTH, OUTPUTS, false, 0.02).linear(),
        false,
        multiplier,
        cap == 0 ? OptionalDouble.empty() : OptionalDouble.of(cap));
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "0.5, 0", "1, 0.7", "0.25, 1.5"})
  void logitsAreThoseOfTheFormula(double multiplier, double cap) {
    try (TestModules modules = modules(part(multiplier, cap));
        CallMemory memory = TestModules.memory()) {
      Head head = Head.of(part(multiplier, cap), modules.modules());
      INDArray scaled = hidden.dup('c');
      INDArray logits = Values.zeros(3, OUTPUTS);

      head.scale(scaled);
      head.forward(TestModules.pass(), scaled, logits, memory);

      double[][] w = modules.weight("head.weight").toDoubleMatrix();
      for (int row = 0; row < 3; row++) {
        for (int out = 0; out < OUTPUTS; out++) {
          double z = 0;
          for (int i = 0; i < WIDTH; i++) {
            z += w[out][i] * multiplier * hidden.getDouble(row, i);
          }
          double expected = cap == 0 ? z : cap * Math.tanh(z / cap);
          assertThat(logits.getDouble(row, out)).isCloseTo(expected, within(1e-12));
        }
      }
    }
  }

  /** The loss is of two of three positions; the third has no gradient. */
  @ParameterizedTest
  @CsvSource({"1, 0", "0.5, 0", "1, 0.7", "0.25, 1.5"})
  void theGradientOfTheLossIsASlope(double multiplier, double cap) {
    Labelled labelled = new Labelled(new int[] {0, 2}, new int[] {3, 1}, new int[] {2});
    try (TestModules modules = modules(part(multiplier, cap));
        CallMemory memory = TestModules.memory()) {
      Head head = Head.of(part(multiplier, cap), modules.modules());
      ChunkedLoss loss = new ChunkedLoss(head, 0, TestModules.pass(), memory);
      INDArray gradient = Values.zeros(3, WIDTH).assign(99);

      double[] losses = loss.backward(hidden, labelled, gradient);

      assertThat(losses).containsExactly(loss.losses(hidden, labelled), within(1e-12));
      for (int i = 0; i < hidden.length(); i++) {
        double value = hidden.getDouble(i);
        hidden.putScalar(i, value + STEP);
        double above = mean(loss.losses(hidden, labelled));
        hidden.putScalar(i, value - STEP);
        double below = mean(loss.losses(hidden, labelled));
        hidden.putScalar(i, value);
        assertThat(gradient.getDouble(i))
            .as("element %d", i)
            .isCloseTo((above - below) / (2 * STEP), within(1e-8));
      }
      assertThat(gradient.getRow(1).amaxNumber().doubleValue()).isZero();
    }
  }

  private static double mean(double[] losses) {
    return Arrays.stream(losses).average().orElseThrow();
  }
}
