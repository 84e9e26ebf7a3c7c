package org.peft4j.lora.internal.mora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.Changes;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** MoRA, {@code decompress(M·compress(x))}. */
class MoraTest {
  private static Site linear(long inputs, long outputs) {
    return Site.linear("proj", "proj", inputs, outputs, List.of());
  }

  private static Adapter adapter(Site site, MoraType type, int rank, double dropout) {
    MoraConfig config = MoraConfig.builder().rank(rank).type(type).dropout(dropout).build();
    return new MoraMethod().inject(site, config, Frozen.nothing().injection(site)).orElseThrow();
  }

  private static Tensors matrix(INDArray m) {
    return new Tensors(Map.of("mora_M.weight", m));
  }

  /** M has about (inputs + outputs)·r elements, as LoRA's factors have together. */
  @ParameterizedTest
  @CsvSource({
    "SHARING, 768, 768, 8, 111, 1",
    "ROTATION, 768, 768, 8, 110, 7",
    "SHARING, 3, 2, 1, 2, 1",
    "ROTATION, 3, 2, 1, 2, 2",
    "SHARING, 6, 4, 1, 3, 1",
    "ROTATION, 1, 1, 1, 2, 1"
  })
  void theMatrixIsSquareAndEvenForRotation(
      MoraType type, long inputs, long outputs, int rank, int size, int groups) {
    MoraMap map = MoraMap.of(inputs, outputs, rank, type);

    assertThat(map.size()).isEqualTo(size);
    assertThat(map.groups()).isEqualTo(groups);
  }

  /** Entries 0 and 2 of x share a place, and so do 0 and 2 of y. */
  @Test
  void sharingAddsTheGroupsAndRepeatsTheResult() {
    Adapter adapter = adapter(linear(4, 3), MoraType.SHARING, 1, 0);
    INDArray m = Nd4j.createFromArray(new double[][] {{1, 0, 0}, {0, 10, 0}, {0, 0, 100}});
    assertThat(adapter.parameters().get(0).shape()).containsExactly(3L, 3L);

    INDArray y =
        Changes.beside(
            adapter, inference(), matrix(m), Nd4j.createFromArray(new double[][] {{1, 2, 3, 4}}));

    // x fills 2 groups of 3 by beginning anew: (1, 2, 3) and (4, 1, 2).
    assertThat(y).isEqualTo(Nd4j.createFromArray(new double[][] {{5, 30, 500}}));
  }

  /** Size 2: group k is turned by k radians, as the only frequency is 10000⁰. */
  @Test
  void rotationTurnsEachGroupByAnAngleOfItsOwn() {
    Adapter adapter = adapter(linear(4, 2), MoraType.ROTATION, 1, 0);
    assertThat(adapter.parameters().get(0).shape()).containsExactly(2L, 2L);
    Tensors identity = matrix(Nd4j.eye(2).castTo(DataType.DOUBLE));

    INDArray first =
        Changes.beside(
            adapter(linear(4, 4), MoraType.ROTATION, 1, 0),
            inference(),
            identity,
            Nd4j.createFromArray(new double[][] {{1, 0, 1, 0}}));

    // [1, 0] stays; the second group is (cos 1, sin 1).
    assertThat(first.toDoubleVector())
        .containsExactly(new double[] {1, 0, Math.cos(1), Math.sin(1)}, within(1e-12));
  }

  @Test
  void anglesFallWithTheEntryAndGrowWithTheGroup() {
    Turns turns = new Turns(3, 4);

    INDArray cosines = turns.cosines(DataType.DOUBLE);

    assertThat(cosines.getDouble(0, 0, 1)).isEqualTo(1);
    assertThat(cosines.getDouble(0, 2, 0)).isCloseTo(Math.cos(2), within(1e-15));
    assertThat(cosines.getDouble(0, 2, 1)).isCloseTo(Math.cos(0.02), within(1e-15));
    assertThat(cosines.getDouble(0, 2, 3)).as("with entry 1").isEqualTo(cosines.getDouble(0, 2, 1));
    assertThat(turns.sines(DataType.DOUBLE).getDouble(0, 1, 1))
        .isCloseTo(Math.sin(0.01), within(1e-15));
    assertThat(turns.cosines(DataType.DOUBLE)).isSameAs(cosines);
  }

  @ParameterizedTest
  @CsvSource({
    "SHARING, 7, 5",
    "SHARING, 4, 9",
    "ROTATION, 7, 5",
    "ROTATION, 4, 9",
    "ROTATION, 8, 8"
  })
  void besideTheMapItIsTheChangeOfItsWeight(MoraType type, long inputs, long outputs) {
    Adapter adapter = adapter(linear(inputs, outputs), type, 1, 0);

    Changes.assertAddsTheChange(adapter, Values.random(1, adapter.parameters()));
  }

  @ParameterizedTest
  @CsvSource({"SHARING, 0", "SHARING, 0.5", "ROTATION, 0", "ROTATION, 0.5"})
  void gradientsAreSlopes(MoraType type, double dropout) {
    Adapter adapter = adapter(linear(7, 5), type, 1, dropout);
    Tensors values = Values.random(1, adapter.parameters());

    Changes.assertSlopesBeside(adapter, training(4), values);
    Changes.assertSlopesOfWeight(adapter, training(4), values, 5, 7);
  }

  @ParameterizedTest
  @CsvSource({"SHARING, 0", "ROTATION, 0.5"})
  void gradientsOfAKernelAreSlopes(MoraType type, double dropout) {
    Site kernel = Site.convolution("conv", "conv", 2, 3, List.of(2L, 1L), List.of());
    Adapter adapter = adapter(kernel, type, 1, dropout);

    assertThat(adapter).isInstanceOf(MoraWeight.class);
    Changes.assertSlopesOfWeight(
        adapter, training(4), Values.random(1, adapter.parameters()), 3, 2, 2, 1);
  }

  @Test
  void dropoutFallsOnTheInput() {
    Site site = linear(7, 5);
    Adapter adapter = adapter(site, MoraType.SHARING, 1, 0.5);
    Tensors values = Values.random(1, adapter.parameters());
    INDArray x = Values.random(2, 3, 7);
    Pass pass = training(4);
    INDArray mask = DropoutMask.draw(pass, site, 0.5, DataType.DOUBLE, 3, 7);

    assertNear(
        Changes.beside(adapter, pass, values, x),
        Changes.beside(adapter, inference(), values, x.mul(mask)));
  }

  @Test
  void itBeginsAsNoChange() {
    Adapter adapter = adapter(linear(7, 5), MoraType.ROTATION, 2, 0);

    assertThat(Changes.of(adapter, inference(), Values.first(1, adapter.parameters()), 5, 7))
        .isEqualTo(Values.zeros(5, 7));
  }

  @Test
  void aRankOfItsOwnCountsForASite() {
    Site site = Site.linear("h.0.up", "h.0.up", 8, 8, List.of());
    MoraConfig config = MoraConfig.builder().rank(1).rankPattern("up", 4).build();

    Adapter adapter =
        new MoraMethod().inject(site, config, Frozen.nothing().injection(site)).orElseThrow();

    assertThat(adapter.parameters().get(0).shape()).containsExactly(8L, 8L);
  }
}
