package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Tensors;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** Rotary positions of 2 sequences of 3 positions with 2 heads of width 4. */
class RotaryKernelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final int B = 2;
  private static final int T = 3;
  private static final int H = 2;
  private static final int D = 4;

  /** Angles of one table for all sequences, or of one for each. */
  private static INDArray angles(int tables) {
    INDArray angles = Values.random(1, tables, T, D / 2).muli(3);
    INDArray both = Values.zeros(tables, T, D);
    both.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(0, D / 2))
        .assign(angles);
    both.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(D / 2, D))
        .assign(angles);
    return both;
  }

  private static INDArray of(INDArray angles, java.util.function.DoubleUnaryOperator f) {
    INDArray result = Values.zeros(angles.shape());
    for (long i = 0; i < angles.length(); i++) {
      result.putScalar(i, f.applyAsDouble(angles.getDouble(i)));
    }
    return result;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, B})
  void pairsOfFeaturesTurnByTheAngleOfTheirPosition(int tables) {
    INDArray angles = angles(tables);
    INDArray x = Values.random(2, B, T, H, D);
    INDArray before = x.dup();

    KERNELS.rotate(x, of(angles, Math::cos), of(angles, Math::sin));

    for (int b = 0; b < B; b++) {
      for (int t = 0; t < T; t++) {
        for (int h = 0; h < H; h++) {
          for (int j = 0; j < D / 2; j++) {
            double angle = angles.getDouble(tables == 1 ? 0 : b, t, j);
            double first = before.getDouble(b, t, h, j);
            double second = before.getDouble(b, t, h, j + D / 2);
            assertThat(x.getDouble(b, t, h, j))
                .isCloseTo(first * Math.cos(angle) - second * Math.sin(angle), within(1e-12));
            assertThat(x.getDouble(b, t, h, j + D / 2))
                .isCloseTo(second * Math.cos(angle) + first * Math.sin(angle), within(1e-12));
          }
        }
      }
    }
  }

  @Test
  void turningBackUndoesIt() {
    INDArray angles = angles(B);
    INDArray x = Values.random(3, B, T, H, D);
    INDArray before = x.dup();

    KERNELS.rotate(x, of(angles, Math::cos), of(angles, Math::sin));
    assertThat(x.distance2(before)).isGreaterThan(0.1);
    KERNELS.rotateBack(x, of(angles, Math::cos), of(angles, Math::sin));

    assertThat(x.distance2(before)).isLessThan(1e-12);
  }

  @Test
  void theGradientIsTheSlopeEvenOfTablesThatAreNoRotation() {
    INDArray cos = Values.random(4, B, T, D);
    INDArray sin = Values.random(5, B, T, D);
    INDArray x = Values.random(6, B, T, H, D);
    INDArray upstream = Values.random(7, B, T, H, D);
    INDArray dx = upstream.dup();

    KERNELS.rotateBack(dx, cos, sin);

    CentralDifferences.assertGradients(
        new Tensors(Map.of("x", x)),
        new Tensors(Map.of("x", dx)),
        () -> {
          INDArray y = x.dup();
          KERNELS.rotate(y, cos, sin);
          return Values.inner(y, upstream);
        });
  }

  @Test
  void aPartOfWiderRowsIsTurnedInPlace() {
    INDArray wide = Values.random(8, B, T, 2 * H, D);
    INDArray before = wide.dup();
    INDArray part =
        wide.get(
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.interval(H, 2 * H),
            NDArrayIndex.all());
    INDArray alone = part.dup('c');
    INDArray angles = angles(1);

    KERNELS.rotate(part, of(angles, Math::cos), of(angles, Math::sin));
    KERNELS.rotate(alone, of(angles, Math::cos), of(angles, Math::sin));

    assertThat(part.dup('c').distance2(alone)).isLessThan(1e-12);
    for (int h = 0; h < H; h++) {
      assertThat(wide.getDouble(1, 2, h, 3)).isEqualTo(before.getDouble(1, 2, h, 3));
    }
  }
}
