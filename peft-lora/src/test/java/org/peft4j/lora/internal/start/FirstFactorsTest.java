package org.peft4j.lora.internal.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** A₀ and B₀ of a map of 4 features to 3, as PiSSA and OLoRA take them from its weight. */
class FirstFactorsTest {
  private static final Site SITE = Site.linear("proj", "proj", 4, 3, List.of());

  private static LoraShape shape(LoraInit init, int rank, double scale) {
    return new LoraShape(rank, scale, 0, false, init);
  }

  private static FirstFactors factors(INDArray weight, LoraInit init, int rank, double scale) {
    return new FirstFactors(SITE, shape(init, rank, scale), Frozen.of(SITE, weight));
  }

  private static INDArray product(FirstFactors factors) {
    return factors.b(DataType.DOUBLE).mmul(factors.a(DataType.DOUBLE));
  }

  /** W has the singular values 8 and 2; s·B₀·A₀ is its part of 8, and s·σ halves meet in both. */
  @Test
  void pissaSharesTheLargestPartBetweenBothFactors() {
    INDArray weight =
        Nd4j.createFromArray(new double[][] {{0, 8, 0, 0}, {0, 0, 0, 2}, {0, 0, 0, 0}});

    FirstFactors first = factors(weight, LoraInit.PISSA, 1, 2);

    INDArray a = first.a(DataType.DOUBLE);
    INDArray b = first.b(DataType.DOUBLE);
    assertThat(Math.abs(a.getDouble(0, 1))).isCloseTo(2, within(1e-12));
    assertThat(Math.abs(b.getDouble(0, 0))).isCloseTo(2, within(1e-12));
    assertNear(
        product(first).mul(2),
        Nd4j.createFromArray(new double[][] {{0, 8, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}));
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void ofTheFullRankTheyAreTheWeight(LoraInit init) {
    INDArray weight = Values.random(1, 3, 4);
    double scale = init == LoraInit.PISSA ? 0.25 : 1;

    assertThat(product(factors(weight, init, 3, scale)).mul(scale).distance2(weight))
        .isLessThan(1e-7);
  }

  @Test
  void oloraHasOrthonormalColumnsOfTheWeightAndTheirShares() {
    INDArray weight = Values.random(2, 3, 4);

    FirstFactors first = factors(weight, LoraInit.OLORA, 2, 0.5);

    INDArray q = first.b(DataType.DOUBLE);
    assertNear(q.transpose().mmul(q), Nd4j.eye(2).castTo(DataType.DOUBLE));
    assertNear(first.a(DataType.DOUBLE), q.transpose().mmul(weight));
    // The first columns of W lie in the space of Q's.
    INDArray columns = product(first).getColumns(0, 1);
    assertNear(columns, weight.getColumns(0, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void theyAreComputedOnceForATypeAndOutlastTheWeight(DataType type) {
    FirstFactors first = factors(Values.random(3, 3, 4), LoraInit.PISSA, 2, 1);

    INDArray a = first.a(type);

    assertThat(a.dataType()).isEqualTo(type);
    assertThat(first.a(type)).isSameAs(a);
    assertThat(first.b(type).dataType()).isEqualTo(type);
  }

  @Test
  void theFrozenWeightStays() {
    INDArray weight = Values.random(4, 3, 4);
    INDArray before = weight.dup();

    factors(weight, LoraInit.OLORA, 2, 1).a(DataType.DOUBLE);

    assertThat(weight).isEqualTo(before);
  }

  @Test
  void aRankAboveTheWeightsIsRefused() {
    Frozen frozen = Frozen.of(SITE, Values.random(5, 3, 4));

    assertThatThrownBy(() -> new FirstFactors(SITE, shape(LoraInit.OLORA, 4, 1), frozen))
        .isInstanceOf(PeftException.class)
        .hasMessage("init_lora_weights olora needs a rank of at most 3 at proj; r is 4 there.");
  }
}
