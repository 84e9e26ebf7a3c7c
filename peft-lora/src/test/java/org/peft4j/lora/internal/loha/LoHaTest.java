package org.peft4j.lora.internal.loha;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.Changes;
import org.peft4j.lora.internal.lycoris.Dropout;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** LoHa, {@code ΔW = (α/r)·(a₁·b₁) ⊙ (a₂·b₂)}. */
class LoHaTest {
  private static final Site LINEAR = Site.linear("proj", "proj", 9, 8, List.of());
  private static final Site KERNEL =
      Site.convolution("conv", "conv", 2, 3, List.of(2L, 1L), List.of());
  private static final long[] SHAPE = {8, 9};

  private static Adapter adapter(Site site, LoHaConfig.Builder config) {
    return new LoHaMethod()
        .inject(site, config.build(), Frozen.nothing().injection(site))
        .orElseThrow();
  }

  private static LoHaConfig.Builder config() {
    return LoHaConfig.builder().rank(2).alpha(6);
  }

  private static INDArray product(Tensors values, int number) {
    return values.get("hada_w" + number + "_a").mmul(values.get("hada_w" + number + "_b"));
  }

  @Test
  void theChangeIsTheEntrywiseProductOfTwoProducts() {
    Site small = Site.linear("small", "small", 2, 2, List.of());
    INDArray a1 = Nd4j.createFromArray(new double[][] {{1}, {2}});
    INDArray b1 = Nd4j.createFromArray(new double[][] {{3, 4}});
    INDArray a2 = Nd4j.createFromArray(new double[][] {{1}, {-1}});
    INDArray b2 = Nd4j.createFromArray(new double[][] {{1, 10}});
    Tensors values =
        new Tensors(Map.of("hada_w1_a", a1, "hada_w1_b", b1, "hada_w2_a", a2, "hada_w2_b", b2));

    INDArray delta =
        Changes.of(adapter(small, config().rank(1).alpha(2)), inference(), values, 2, 2);

    // (3 4; 6 8) ⊙ (1 10; −1 −10), twice.
    assertThat(delta).isEqualTo(Nd4j.createFromArray(new double[][] {{6, 80}, {-12, -160}}));
  }

  @Test
  void besideALinearMapTheWholeIsNotMade() {
    Adapter narrow = adapter(LINEAR, config());
    Tensors values = Values.random(1, narrow.parameters());

    assertThat(narrow).isInstanceOf(LoHaLinear.class);
    assertNear(
        Changes.of(narrow, inference(), values, SHAPE),
        product(values, 1).mul(product(values, 2)).mul(3));
    Changes.assertAddsTheChange(narrow, values);
  }

  /** r² columns in place of the weight's are no gain above half its smaller extent. */
  @ParameterizedTest
  @CsvSource({"1, true", "2, true", "3, false"})
  void aRankThatIsTooLargeForThatRunsOnTheWeight(int rank, boolean beside) {
    assertThat(adapter(LINEAR, config().rank(rank)) instanceof LoHaLinear).isEqualTo(beside);
    assertThat(adapter(KERNEL, config().rank(1))).isInstanceOf(LoHaWeight.class);
  }

  static Stream<Pass> passes() {
    return Stream.of(inference(), training(3));
  }

  @ParameterizedTest
  @MethodSource("passes")
  void gradientsAreSlopes(Pass pass) {
    Adapter adapter = adapter(LINEAR, config().rankDropout(0.4));
    Tensors values = Values.random(2, adapter.parameters());

    Changes.assertSlopesBeside(adapter, pass, values);
    Changes.assertSlopesOfWeight(adapter, pass, values, SHAPE);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientsOfAKernelAreSlopes(boolean core) {
    Adapter adapter = adapter(KERNEL, config().effectiveConvolution(core));
    Tensors values = Values.random(2, adapter.parameters());

    assertThat(values.asMap().containsKey("hada_t1")).isEqualTo(core);
    Changes.assertSlopesOfWeight(adapter, training(3), values, 3, 2, 2, 1);
  }

  @Test
  void droppedRowsAreZeroAndTheOthersDividedByTheirShare() {
    Adapter adapter = adapter(LINEAR, config().rankDropout(0.5));
    Tensors values = Values.random(3, adapter.parameters());
    Pass pass = training(4);
    INDArray mask = new Dropout(0.5, 0, true).rowMask(pass, LINEAR, DataType.DOUBLE);

    INDArray delta = Changes.of(adapter, pass, values, SHAPE);

    assertThat(mask.minNumber().doubleValue()).isZero();
    assertNear(delta, Changes.of(adapter, inference(), values, SHAPE).mulColumnVector(mask));
  }

  @Test
  void anAdapterThatIsLeftOutChangesNothingAndLearnsNothing() {
    Adapter adapter = adapter(LINEAR, config().moduleDropout(0.5));
    Tensors values = Values.random(3, adapter.parameters());
    Dropout dropout = new Dropout(0, 0.5, true);
    Pass skipped =
        LongStream.range(0, 64)
            .mapToObj(Changes::training)
            .filter(pass -> dropout.skips(pass, LINEAR))
            .findFirst()
            .orElseThrow();

    assertThat(Changes.of(adapter, skipped, values, SHAPE)).isEqualTo(Values.zeros(SHAPE));
    Changes.assertSlopesBeside(adapter, skipped, values);
    Changes.assertSlopesOfWeight(adapter, skipped, values, SHAPE);
  }

  @Test
  void itBeginsAsNoChangeUnlessForTests() {
    Adapter standard = adapter(LINEAR, config());
    Adapter random = adapter(LINEAR, config().init(false));

    assertThat(Changes.of(standard, inference(), Values.first(1, standard.parameters()), SHAPE))
        .isEqualTo(Values.zeros(SHAPE));
    assertThat(
            Changes.of(random, inference(), Values.first(1, random.parameters()), SHAPE)
                .amaxNumber()
                .doubleValue())
        .isPositive();
  }
}
