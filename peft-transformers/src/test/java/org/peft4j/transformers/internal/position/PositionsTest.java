package org.peft4j.transformers.internal.position;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.architecture.Rotary;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.TestModules;

/** How positions enter scores: slopes, buckets of distances, angles. */
class PositionsTest {
  /** The slopes of the paper; with six heads, those of four and two of eight. */
  @Test
  void alibiHasASlopeForEachHead() {
    assertThat(new Alibi(4, 1, false).slopes()).containsExactly(0.25, 0.0625, 0.015625, 0.00390625);
    assertThat(new Alibi(6, 1, false).slopes())
        .containsExactly(0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125);
  }

  @Test
  void alibiTakesTheDistanceFromThePast() {
    try (INDArray bias =
        new Alibi(2, 1, false).bias(DataType.DOUBLE, KeyPositions.plain(3), 2, 1)) {
      assertThat(bias.shape()).containsExactly(1, 2, 1, 3);
      assertThat(bias.reshape(6).toDoubleVector())
          .containsExactly(-0.125, -0.0625, 0, -0.0078125, -0.00390625, 0);
    }
  }

  /** Keys behind a hole in the mask count on from the key before it; a prefix comes first. */
  @Test
  void alibiCountsRealTokens() {
    int[] mask = {1, 0, 1, 0, 1, 1};
    assertThat(KeyPositions.masked(mask, 2, 0).values()).containsExactly(0, 1, 1, 0, 0, 1);
    assertThat(KeyPositions.masked(mask, 2, 1).values()).containsExactly(0, 1, 2, 2, 0, 1, 1, 2);
    assertThat(KeyPositions.masked(new int[] {1, 1, 2, 0, 2, 3}, 1, 2).values())
        .containsExactly(0, 1, 2, 3, 2, 3, 3, 2);
    assertThat(KeyPositions.masked(new int[] {1, 1, 1, 1, 1, 0}, 2, 0).values())
        .containsExactly(0, 1, 2);
    assertThat(KeyPositions.padded(new int[] {0, 2}, 1, 4).values())
        .containsExactly(0, 1, 2, 3, 0, 1, 1, 1);

    try (INDArray bias =
        new Alibi(2, 1, false).bias(DataType.DOUBLE, KeyPositions.masked(mask, 2, 0), 2, 1)) {
      assertThat(bias.shape()).containsExactly(2, 2, 1, 3);
      assertThat(bias.reshape(12).toDoubleVector())
          .containsExactly(
              -0.0625, 0, 0, -0.00390625, 0, 0, -0.0625, -0.0625, 0, -0.00390625, -0.00390625, 0);
    }
  }

  /**
   * PyTorch: {@code (torch.tensor(2**-.5).bfloat16() * torch.tensor([3, 301])).float()} is 2.125
   * and 212.
   */
  @Test
  void falconRoundsSlopesPositionsAndProducts() {
    KeyPositions positions = new KeyPositions(1, 3, new int[] {0, 3, 301});
    try (INDArray bias = new Alibi(16, 0.5, true).bias(DataType.DOUBLE, positions, 0, 1)) {
      assertThat(bias.getDouble(0, 0, 0, 1)).isEqualTo(0.5 * 2.125);
      assertThat(bias.getDouble(0, 0, 0, 2)).isEqualTo(0.5 * 212);
    }
  }

  /** With 32 buckets up to a distance of 128, as in T5. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "-1, 1, 1",
    "1, 0, 17",
    "-7, 7, 7",
    "-8, 8, 8",
    "8, 0, 24",
    "-15, 15, 9",
    "-16, 16, 10",
    "-127, 31, 15",
    "-500, 31, 15",
    "500, 0, 31"
  })
  void distancesShareBucketsThatGrow(int distance, int causal, int bothWays) {
    assertThat(new RelativeBuckets(32, 128, false).of(distance)).isEqualTo(causal);
    assertThat(new RelativeBuckets(32, 128, true).of(distance)).isEqualTo(bothWays);
  }

  @Test
  void anglesAreThePositionTimesTheFrequency() {
    RotaryTables tables = new RotaryTables(new Rotary(100, new Rotary.None()), 4, false);
    try (CallMemory memory = TestModules.memory()) {
      Rotation rotation = tables.rotation(new int[] {0, 3}, 2, 4, memory);

      double[] expected = {1, 1, 1, 1, Math.cos(3), Math.cos(0.3), Math.cos(3), Math.cos(0.3)};
      INDArray cos = Objects.requireNonNull(rotation.cos());
      INDArray sin = Objects.requireNonNull(rotation.sin());
      assertThat(cos.reshape(8).toDoubleVector()).containsExactly(expected, within(1e-7));
      assertThat(sin.getDouble(0, 1, 1)).isCloseTo(Math.sin(0.3), within(1e-7));
    }
  }

  /** The larger table of a longer sequence does not change the rows of a shorter one. */
  @Test
  void frequenciesFollowTheLengthOfTheSequence() {
    RotaryTables tables = new RotaryTables(new Rotary(100, new Rotary.Dynamic(4, 4)), 4, false);
    try (CallMemory memory = TestModules.memory()) {
      double shorter = cosine(tables, 4, memory);
      double longer = cosine(tables, 8, memory);

      // theta = 100·(4·8/4 − 3)^(4/2) = 2500
      assertThat(shorter).isCloseTo(Math.cos(3 / 10.0), within(1e-7));
      assertThat(longer).isCloseTo(Math.cos(3 / 50.0), within(1e-7));
      assertThat(cosine(tables, 4, memory)).isEqualTo(shorter);
    }
  }

  private static double cosine(RotaryTables tables, int length, CallMemory memory) {
    INDArray cos = tables.rotation(new int[] {3}, 1, length, memory).cos();
    return Objects.requireNonNull(cos).getDouble(0, 0, 1);
  }

  /** Width 3: sin(p), sin(p·10000^(−2/3)), cos(p). */
  @Test
  void sinusoidsAreSinesThenCosines() {
    assertThat(Sinusoids.row(2, 3))
        .containsExactly(
            (float) Math.sin(2), (float) Math.sin(2 / 464.15888336127773), (float) Math.cos(2));
    assertThat(Sinusoids.row(0, 4)).containsExactly(0, 0, 1, 1);
  }
}
