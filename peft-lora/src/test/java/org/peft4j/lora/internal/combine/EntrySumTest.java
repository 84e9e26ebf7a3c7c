package org.peft4j.lora.internal.combine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.method.Combination;
import org.peft4j.method.Combination.Majority;
import org.peft4j.method.Combination.Type;

/** Sums of two arrays of six entries, worked by hand. */
class EntrySumTest {
  private static final double[] FIRST = {4, -1, 0.5, -3, 2, 0};
  private static final double[] SECOND = {1, -2, -0.5, 6, -4, 0};
  private static final List<Double> WEIGHTS = List.of(1.0, 10.0);

  private static double[] sum(Combination how, Draw draw) {
    INDArray first = Nd4j.createFromArray(FIRST).reshape('c', 2, 3);
    INDArray second = Nd4j.createFromArray(SECOND).reshape('c', 2, 3);
    INDArray sum = new EntrySum(how, draw, "site").of(List.of(first, second), WEIGHTS);
    assertThat(sum.shape()).containsExactly(2, 3);
    return sum.ravel().toDoubleVector();
  }

  private static double[] sum(Combination how) {
    return sum(how, Draw.seeded(how));
  }

  @Test
  void withoutPruningItIsTheWeightedSum() {
    assertThat(sum(Combination.of(Type.LINEAR))).containsExactly(14, -21, -4.5, 57, -38, 0);
  }

  /** Half of six: 4, −3 and 2 of the first, −2, 6 and −4 of the second. */
  @Test
  void magnitudePruningKeepsTheLargestEntries() {
    assertThat(sum(Combination.of(Type.MAGNITUDE_PRUNE).density(0.5)))
        .containsExactly(4, -20, 0, 57, -38, 0);
  }

  /** ⌊0.4·6⌋ are kept. */
  @Test
  void theNumberThatIsKeptIsRoundedDown() {
    assertThat(sum(Combination.of(Type.MAGNITUDE_PRUNE).density(0.4)))
        .containsExactly(4, 0, 0, 57, -40, 0);
    assertThat(sum(Combination.of(Type.MAGNITUDE_PRUNE).density(0.1))).containsOnly(0);
  }

  @Test
  void ofEqualEntriesTheFirstAreKept() {
    INDArray equal = Nd4j.createFromArray(1.0, -1.0, 1.0, -1.0);
    Combination how = Combination.of(Type.MAGNITUDE_PRUNE).density(0.5);

    assertThat(
            new EntrySum(how, Draw.seeded(how), "site")
                .of(List.of(equal), List.of(3.0))
                .toDoubleVector())
        .containsExactly(3, -3, 0, 0);
  }

  /** Of the fourth entry, −3 and 6, the sum is positive: 6 alone counts, ten times. */
  @Test
  void anElectionAveragesTheValuesWithTheSignOfTheirSum() {
    assertThat(sum(Combination.of(Type.TIES).density(1)))
        .containsExactly((4 + 10) / 2.0, (-1 - 20) / 2.0, 0.5, 60, -40, 0);
  }

  /** One of each sign is a draw, which is positive. */
  @Test
  void anElectionByFrequencyCountsSigns() {
    Combination how = Combination.of(Type.TIES).density(1).majority(Majority.FREQUENCY);

    assertThat(sum(how)).containsExactly(7, -10.5, 0.5, 60, 2, 0);
  }

  @Test
  void tiesElectsAmongWhatPruningLeft() {
    assertThat(sum(Combination.of(Type.TIES).density(0.5))).containsExactly(4, -20, 0, 60, -40, 0);
  }

  @Test
  void randomPruningDividesWhatItKeepsByTheDensity() {
    Draw draw =
        (name, index, entries) -> {
          assertThat(name).isEqualTo("site");
          boolean[] kept = new boolean[entries];
          kept[0] = index == 0;
          kept[3] = true;
          return kept;
        };

    assertThat(sum(Combination.of(Type.DARE_LINEAR).density(0.25), draw))
        .containsExactly(16, 0, 0, 4 * 57, 0, 0);
    assertThat(sum(Combination.of(Type.DARE_TIES).density(0.25), draw))
        .containsExactly(16, 0, 0, 4 * 60, 0, 0);
  }

  @ParameterizedTest
  @CsvSource({"MAGNITUDE_PRUNE", "DARE_LINEAR"})
  void aDensityOfOneLeavesNothingOut(Type type) {
    assertThat(sum(Combination.of(type).density(1)))
        .containsExactly(sum(Combination.of(Type.LINEAR)), within(0.0));
  }

  @Test
  void theSeedTheSumsNameAndTheArraysIndexSayWhatIsDrawn() {
    Draw draw = Draw.seeded(Combination.of(Type.DARE_LINEAR).density(0.5).seed(1));
    Draw other = Draw.seeded(Combination.of(Type.DARE_LINEAR).density(0.5).seed(2));
    boolean[] kept = draw.kept("a", 0, 100);

    assertThat(draw.kept("a", 0, 100)).isEqualTo(kept);
    assertThat(draw.kept("a", 1, 100)).isNotEqualTo(kept);
    assertThat(draw.kept("b", 0, 100)).isNotEqualTo(kept);
    assertThat(other.kept("a", 0, 100)).isNotEqualTo(kept);
  }
}
