package org.peft4j.bottleneck.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.bottleneck.Phm;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** Projections of 4 to 6 features: plain ones, and sums of two Kronecker products. */
class ProjectionsTest {
  private static final int IN = 4;
  private static final int OUT = 6;
  private static final Phm PRODUCTS = Phm.DEFAULT.with(2, 3).withSharedRule(false);

  private static Pass pass() {
    return new Pass(new Nd4jKernels(), true, 1);
  }

  private static Projection dense() {
    return new DenseProjection("down", IN, OUT, Initializer.normal(1));
  }

  private static Projection products(Phm phm) {
    PhmRule rule = new PhmRule("down.rule", Optional.empty(), true, 2, Initializer.normal(1));
    return new PhmProjection("down", IN, OUT, phm, rule, false);
  }

  static Stream<Projection> projections() {
    return Stream.of(dense(), products(PRODUCTS), products(PRODUCTS.withFactorized(false)));
  }

  private static INDArray forward(
      Projection projection, Tensors values, INDArray x, double scale, double beta) {
    INDArray y = Values.random(9, x.size(0), OUT);
    projection.forward(pass(), values, x, scale, beta, y);
    return y;
  }

  @Test
  void aPlainProjectionIsALinearMap() {
    Tensors values = Values.random(1, dense().parameters());
    INDArray x = Values.random(2, 3, IN);

    INDArray y = forward(dense(), values, x, 1, 0);

    double[][] w = Plain.of(values.get("down.weight"));
    double[] b = values.get("down.bias").toDoubleVector();
    Plain.assertClose(y, Plain.affine(Plain.of(x), w, b));
  }

  @Test
  void aSumOfKroneckerProductsOfMatricesOfLowRank() {
    Projection projection = products(PRODUCTS);
    assertThat(Values.shapes(projection.parameters()))
        .containsExactly(
            entry("down.rule", List.of(2L, 2L, 2L)),
            entry("down.W_left", List.of(2L, 2L, 3L)),
            entry("down.W_right", List.of(2L, 3L, 3L)),
            entry("down.b", List.of(6L)));
    Tensors values = Values.random(3, projection.parameters());
    INDArray x = Values.random(4, 3, IN);

    INDArray y = forward(projection, values, x, 1, 0);

    double[][] h = new double[IN][OUT];
    for (int i = 0; i < 2; i++) {
      double[][] w =
          Plain.product(
              Plain.of(values.get("down.W_left").slice(i)),
              Plain.of(values.get("down.W_right").slice(i)));
      h = Plain.sum(h, Plain.kronecker(Plain.of(values.get("down.rule").slice(i)), w));
    }
    double[] b = values.get("down.b").toDoubleVector();
    Plain.assertClose(y, Plain.affine(Plain.of(x), Plain.transposed(h), b));
  }

  @Test
  void aSumOfKroneckerProductsOfFullMatrices() {
    Projection projection = products(PRODUCTS.withFactorized(false));
    assertThat(Values.shapes(projection.parameters()))
        .containsExactly(
            entry("down.rule", List.of(2L, 2L, 2L)),
            entry("down.W", List.of(2L, 2L, 3L)),
            entry("down.b", List.of(6L)));
    Tensors values = Values.random(5, projection.parameters());
    INDArray x = Values.random(6, 3, IN);

    INDArray y = forward(projection, values, x, 1, 0);

    double[][] h = new double[IN][OUT];
    for (int i = 0; i < 2; i++) {
      double[][] a = Plain.of(values.get("down.rule").slice(i));
      h = Plain.sum(h, Plain.kronecker(a, Plain.of(values.get("down.W").slice(i))));
    }
    double[] b = values.get("down.b").toDoubleVector();
    Plain.assertClose(y, Plain.affine(Plain.of(x), Plain.transposed(h), b));
  }

  @ParameterizedTest
  @MethodSource("projections")
  void theResultIsScaledAndAddedToAShareOfWhatWasThere(Projection projection) {
    Tensors values = Values.random(7, projection.parameters());
    INDArray x = Values.random(8, 3, IN);
    double[][] once = Plain.of(forward(projection, values, x, 1, 0));

    INDArray y = forward(projection, values, x, -2, 0.5);

    double[][] before = Plain.of(Values.random(9, 3, OUT));
    Plain.assertClose(y, Plain.each(once, before, (p, there) -> -2 * p + 0.5 * there));
  }

  @ParameterizedTest
  @MethodSource("projections")
  void everyGradientIsTheSlopeOfTheScaledResult(Projection projection) {
    Tensors values = Values.random(10, projection.parameters());
    INDArray x = Values.random(11, 3, IN);
    INDArray upstream = Values.random(12, 3, OUT);
    Map<String, INDArray> all = new LinkedHashMap<>(values.asMap());
    all.put("x", x);
    Tensors gradients = Values.room(new Tensors(all));

    projection.backward(pass(), values, x, upstream, -2, gradients, 0, gradients.get("x"));

    CentralDifferences.assertGradients(
        new Tensors(all),
        gradients,
        () -> Values.inner(forward(projection, values, x, -2, 0), upstream));
  }

  @ParameterizedTest
  @MethodSource("projections")
  void theGradientOfTheInputIsAddedWhereItIsAskedFor(Projection projection) {
    Tensors values = Values.random(13, projection.parameters());
    INDArray x = Values.random(14, 3, IN);
    INDArray upstream = Values.random(15, 3, OUT);
    Tensors gradients = Values.room(values);
    INDArray alone = Values.zeros(3, IN);
    INDArray added = Values.random(16, 3, IN);
    double[][] before = Plain.of(added);

    projection.backward(pass(), values, x, upstream, 1, gradients, 0, alone);
    projection.backward(pass(), values, x, upstream, 1, gradients, 1, added);

    Plain.assertClose(added, Plain.sum(before, Plain.of(alone)));
  }

  @Test
  void aRuleForTwoProjectionsIsAParameterOfOneAndHasTheSumOfBothGradients() {
    Object adapter = new Object();
    Phm phm = PRODUCTS.withSharedRule(true);
    PhmRule here = new PhmRule("phm_rule", Optional.of(adapter), true, 2, Initializer.normal(1));
    PhmRule there = new PhmRule("phm_rule", Optional.of(adapter), false, 2, Initializer.normal(1));
    Projection first = new PhmProjection("first", IN, OUT, phm, here, false);
    Projection second = new PhmProjection("second", IN, OUT, phm, there, false);
    Map<String, INDArray> all = new LinkedHashMap<>();
    all.put("phm_rule", Values.random(1, 2, 2, 2));
    all.putAll(Values.random(2, first.parameters()).asMap());
    all.putAll(Values.random(5, second.parameters()).asMap());
    Tensors values = new Tensors(all);
    assertThat(values.asMap().keySet())
        .containsExactly(
            "phm_rule",
            "first.W_left",
            "first.W_right",
            "first.b",
            "second.W_left",
            "second.W_right",
            "second.b");
    INDArray x = Values.random(17, 3, IN);
    INDArray upstream = Values.random(18, 3, OUT);
    Tensors gradients = Values.room(values);

    Pass pass = pass();
    here.announce(pass, values);
    INDArray dx = Values.zeros(3, IN);
    second.backward(pass, values, x, upstream, 1, gradients, 0, dx);
    first.backward(pass, values, x, upstream, 1, gradients, 0, dx);
    here.collect(pass, gradients);

    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> {
          Pass again = pass();
          here.announce(again, values);
          INDArray y = Values.zeros(3, OUT);
          first.forward(again, values, x, 1, 0, y);
          second.forward(again, values, x, 1, 1, y);
          return Values.inner(y, upstream);
        });
  }

  @Test
  void factorsBeginAsGlorotsUniformAndBiasesAsZeros() {
    Phm phm = Phm.DEFAULT.with(2, 4).withSharedRule(false);
    PhmRule rule = new PhmRule("rule", Optional.empty(), true, 2, Initializer.uniform(0.01));
    PhmProjection wide = new PhmProjection("p", 40, 120, phm, rule, false);

    Tensors first = Values.first(1, wide.parameters());

    assertThat(largest(first, "p.W_left")).isBetween(0.9 * bound(20, 4), bound(20, 4));
    assertThat(largest(first, "p.W_right")).isBetween(0.9 * bound(4, 60), bound(4, 60));
    assertThat(largest(first, "p.b")).isZero();
  }

  /** Glorot and Bengio's uniform bound √(6/(rows + columns)). */
  private static double bound(int rows, int columns) {
    return Math.sqrt(6.0 / (rows + columns));
  }

  private static double largest(Tensors tensors, String name) {
    return tensors.get(name).amaxNumber().doubleValue();
  }

  @ParameterizedTest
  @MethodSource("starts")
  void otherBeginningsHaveTheirDeviation(Phm.WeightInit init, double deviation) {
    Phm phm = new Phm(2, false, 1, false, Phm.RuleInit.NORMAL, init, 0.03);
    PhmRule rule = new PhmRule("rule", Optional.empty(), true, 2, Initializer.normal(0.01));
    PhmProjection wide = new PhmProjection("p", 40, 120, phm, rule, false);

    double actual = Values.first(2, wide.parameters()).get("p.W").stdNumber().doubleValue();

    assertThat(actual).isBetween(0.95 * deviation, 1.05 * deviation);
  }

  static Stream<org.junit.jupiter.params.provider.Arguments> starts() {
    return Stream.of(
        org.junit.jupiter.params.provider.Arguments.of(
            Phm.WeightInit.GLOROT_NORMAL, Math.sqrt(2.0 / (20 + 60))),
        org.junit.jupiter.params.provider.Arguments.of(
            Phm.WeightInit.GLOROT_UNIFORM, Math.sqrt(2.0 / (20 + 60))),
        org.junit.jupiter.params.provider.Arguments.of(Phm.WeightInit.NORMAL, 0.03));
  }

  @Test
  void aProjectionThatBeginsAtZeroAddsNothing() {
    for (boolean factorized : new boolean[] {true, false}) {
      PhmRule rule = new PhmRule("rule", Optional.empty(), true, 2, Initializer.normal(1));
      Projection zero =
          new PhmProjection("p", IN, OUT, PRODUCTS.withFactorized(factorized), rule, true);
      Tensors first = Values.first(3, zero.parameters());

      assertThat(forward(zero, first, Values.random(4, 3, IN), 1, 0))
          .isEqualTo(Values.zeros(3, OUT));
    }
  }
}
