package org.peft4j.lora.internal.lokr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.Changes;
import org.peft4j.lora.internal.lycoris.Dropout;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** LoKr, {@code ΔW = (α/r)·w1 ⊗ w2}, at a map of 6 features to 4: w1 [2, 2], w2 [2, 3]. */
class LoKrTest {
  private static final Site LINEAR = Site.linear("proj", "proj", 6, 4, List.of());
  private static final Site KERNEL = Site.convolution("conv", "conv", 6, 4, List.of(2L), List.of());

  private static Adapter adapter(Site site, LoKrConfig.Builder config) {
    return new LoKrMethod()
        .inject(site, config.build(), Frozen.nothing().injection(site))
        .orElseThrow();
  }

  private static LoKrConfig.Builder config() {
    return LoKrConfig.builder().rank(4).alpha(2);
  }

  /** As in Hugging Face PEFT, α is divided by r though no factor is of that rank. */
  @Test
  void theChangeIsTheScaledProductOfFullFactors() {
    Adapter adapter = adapter(LINEAR, config());
    Tensors values = Values.random(1, adapter.parameters());
    INDArray w1 = values.get("lokr_w1");
    INDArray w2 = values.get("lokr_w2");
    INDArray expected = Values.zeros(4, 6);
    for (int row = 0; row < 4; row++) {
      for (int column = 0; column < 6; column++) {
        double entry = w1.getDouble(row / 2, column / 3) * w2.getDouble(row % 2, column % 3);
        expected.putScalar(row, column, 0.5 * entry);
      }
    }

    assertNear(Changes.of(adapter, inference(), values, 4, 6), expected);
    Changes.assertAddsTheChange(adapter, values);
  }

  @ParameterizedTest
  @CsvSource({"4, false, 0", "1, false, 0", "1, true, 0", "1, true, 0.5"})
  void gradientsAreSlopes(int rank, boolean core, double dropout) {
    LoKrConfig.Builder config =
        config().rank(rank).effectiveConvolution(core).rankDropout(dropout).rankDropoutScale(core);
    Adapter linear = adapter(LINEAR, config);
    Adapter kernel = adapter(KERNEL, config);

    Changes.assertSlopesBeside(linear, training(2), Values.random(2, linear.parameters()));
    Changes.assertSlopesOfWeight(linear, training(2), Values.random(2, linear.parameters()), 4, 6);
    Changes.assertSlopesOfWeight(
        kernel, training(2), Values.random(2, kernel.parameters()), 4, 6, 2);
  }

  @Test
  void droppedRowsAreThoseOfTheWholeProduct() {
    Adapter adapter = adapter(LINEAR, config().rankDropout(0.5));
    Tensors values = Values.random(3, adapter.parameters());
    Pass pass = training(9);
    INDArray mask = new Dropout(0.5, 0, false).rowMask(pass, LINEAR, DataType.DOUBLE);
    INDArray x = Values.random(4, 3, 6);

    INDArray dropped = Changes.of(adapter, inference(), values, 4, 6).mulColumnVector(mask);

    assertThat(mask.sumNumber().doubleValue()).isBetween(1.0, 3.0);
    assertNear(Changes.of(adapter, pass, values, 4, 6), dropped);
    assertNear(Changes.beside(adapter, pass, values, x), x.mmul(dropped.transpose()));
  }

  @Test
  void anAdapterThatIsLeftOutLearnsNothing() {
    Adapter adapter = adapter(LINEAR, config().moduleDropout(0.5));
    Tensors values = Values.random(3, adapter.parameters());
    Pass skipped =
        LongStream.range(0, 64)
            .mapToObj(Changes::training)
            .filter(pass -> new Dropout(0, 0.5, false).skips(pass, LINEAR))
            .findFirst()
            .orElseThrow();

    assertThat(Changes.beside(adapter, skipped, values, Nd4j.ones(DataType.DOUBLE, 1, 6)))
        .isEqualTo(Values.zeros(1, 4));
    Changes.assertSlopesBeside(adapter, skipped, values);
    Changes.assertSlopesOfWeight(adapter, skipped, values, 4, 6);
  }

  /** 6 is divided into 2 and 3 near its root, and into 6 and 1 if 6 is asked for. */
  @ParameterizedTest
  @CsvSource({"-1, 2, 2", "1, 1, 1", "6, 2, 6"})
  void theFactorSaysHowDimensionsAreDivided(int factor, long rows, long columns) {
    Adapter adapter = adapter(LINEAR, config().decomposeFactor(factor));

    assertThat(adapter.parameters().get(0).shape()).containsExactly(rows, columns);
  }
}
