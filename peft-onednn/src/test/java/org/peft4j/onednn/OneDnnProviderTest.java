package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.KernelsProvider;
import org.peft4j.testing.Plain;

/** How the kernels are found, and what they leave to the portable ones. */
class OneDnnProviderTest {
  private static final OneDnnKernels KERNELS = new OneDnnKernels();

  @Test
  void theClassPathOffersThemUnderTheirName() {
    assertThat(ServiceLoader.load(KernelsProvider.class))
        .filteredOn(provider -> provider.name().equals("onednn"))
        .singleElement()
        .isInstanceOf(OneDnnProvider.class);
  }

  @Test
  void theyRunOnTheCpuBackend() {
    assertThat(new OneDnnProvider().create()).get().isInstanceOf(OneDnnKernels.class);
  }

  private static INDArray random(long seed, long... shape) {
    return Floats.random(seed, shape).castTo(DataType.DOUBLE);
  }

  @ParameterizedTest
  @EnumSource
  void activationsInDoublePrecisionAreExact(Activation f) {
    INDArray x = random(1, 3, 5);
    INDArray y = x.dup('c');
    INDArray dx = x.dup('c');
    KERNELS.activation(f, x, y);
    KERNELS.activationGradient(f, x, y, dx);
    INDArray above = x.dup('c');
    INDArray below = x.dup('c');
    KERNELS.activation(f, x.add(1e-6), above);
    KERNELS.activation(f, x.sub(1e-6), below);
    Plain.assertClose(dx, Plain.of(above.sub(below).div(2e-6).mul(y)), 1e-8);
  }

  @Test
  void rowsInDoublePrecisionAreExact() {
    INDArray x = random(1, 2, 3);
    INDArray l = random(2, 3);
    INDArray y = random(3, 2, 3);
    KERNELS.scaleColumns(x, l, y);
    Plain.assertClose(y, Plain.of(x.mulRowVector(l)), 0);
    KERNELS.addBias(y, l);
    Plain.assertClose(y, Plain.of(x.mulRowVector(l).addRowVector(l)), 0);
    INDArray sums = random(4, 3);
    KERNELS.columnSumsOfProduct(x, x, sums);
    Floats.assertElements(sums, x.mul(x).sum(0).toDoubleVector(), 1e-15);
  }

  @Test
  void attentionInDoublePrecisionIsExact() {
    INDArray q = random(1, 1, 2, 1, 1);
    INDArray context = random(2, 1, 2, 1, 1);
    KERNELS.attention(
        q,
        q,
        q,
        AttentionPattern.causal(2),
        AttentionScores.scaled(1),
        Nd4j.create(DataType.DOUBLE, 1, 1, 2, 2),
        context);

    double a = q.getDouble(0);
    double b = q.getDouble(1);
    double first = Math.exp(b * a);
    double second = Math.exp(b * b);
    Floats.assertElements(
        context, new double[] {a, (first * a + second * b) / (first + second)}, 1e-14);
  }

  /** As the portable kernels do, before anything is computed. */
  @Test
  void arraysThatThePatternIsNotForAreRefused() {
    INDArray q = Floats.random(1, 1, 3, 1, 2);
    INDArray k = Floats.random(1, 1, 4, 1, 2);
    AttentionPattern pattern = AttentionPattern.causal(3);
    INDArray p = Floats.zeros(1, 1, 3, 4);
    AttentionScores scores = AttentionScores.scaled(1);
    Stream.<ThrowingCallable>of(
            () -> KERNELS.attention(q, k, k, pattern, scores, p, q.dup('c')),
            () ->
                KERNELS.attentionGradient(
                    q, k, k, pattern, scores, p, q, q, q.dup('c'), k.dup('c'), k.dup('c'), null))
        .forEach(
            call ->
                assertThatThrownBy(call)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the pattern is for 3 queries, 3 keys"));
  }
}
