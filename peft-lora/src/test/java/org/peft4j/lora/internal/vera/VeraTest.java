package org.peft4j.lora.internal.vera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.Changes;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/**
 * VeRA, {@code ΔW = (λ_b ⊙ B ⊙ λ_d)·A}, at a map of 4 features to 3 beside a wider and a taller one
 * with which it shares A [2, 6] and B [5, 2].
 */
class VeraTest {
  private static final Site SITE = Site.linear("proj", "proj", 4, 3, List.of());
  private static final Site WIDE = Site.linear("wide", "wide", 6, 2, List.of());
  private static final Site TALL = Site.linear("tall", "tall", 2, 5, List.of());
  private static final Projections SHARED = new Projections(7, 2, 6, 5);

  private static VeraConfig.Builder config() {
    return VeraConfig.builder().rank(2).projectionKey(7);
  }

  private static VeraLinear adapter(VeraConfig.Builder config) {
    return new VeraLinear(SITE, config.build(), SHARED);
  }

  private static INDArray a() {
    return SHARED.of(DataType.DOUBLE).a().get(NDArrayIndex.all(), NDArrayIndex.interval(0, 4));
  }

  private static INDArray b() {
    return SHARED.of(DataType.DOUBLE).b().get(NDArrayIndex.interval(0, 3), NDArrayIndex.all());
  }

  @Test
  void theVectorsStandAroundTheFirstRowsAndColumnsOfTheProjections() {
    VeraLinear vera = adapter(config());
    INDArray lambdaB = Nd4j.createFromArray(1.0, 0.0, -2.0);
    INDArray lambdaD = Nd4j.createFromArray(3.0, 0.5);

    INDArray delta =
        Changes.of(
            vera,
            inference(),
            new Tensors(Map.of("vera_lambda_b", lambdaB, "vera_lambda_d", lambdaD)),
            3,
            4);

    assertNear(delta, Nd4j.diag(lambdaB).mmul(b()).mmul(Nd4j.diag(lambdaD)).mmul(a()));
  }

  @Test
  void besideTheMapItIsTheChangeOfItsWeight() {
    VeraLinear vera = adapter(config());

    Changes.assertAddsTheChange(vera, Values.random(1, vera.parameters()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void gradientsAreSlopes(double dropout) {
    VeraLinear vera = adapter(config().dropout(dropout));
    Tensors values = Values.random(1, vera.parameters());

    Changes.assertSlopesBeside(vera, training(3), values);
    Changes.assertSlopesOfWeight(vera, training(3), values, 3, 4);
  }

  @Test
  void dropoutFallsOnTheInputOfA() {
    VeraLinear vera = adapter(config().dropout(0.5));
    Tensors values = Values.random(1, vera.parameters());
    INDArray x = Values.random(2, 3, 4);
    Pass pass = training(3);
    INDArray mask = DropoutMask.draw(pass, SITE, 0.5, DataType.DOUBLE, 3, 4);

    assertNear(
        Changes.beside(vera, pass, values, x),
        Changes.beside(vera, inference(), values, x.mul(mask)));
  }

  @Test
  void itBeginsAsNoChangeUnlessForTests() {
    Tensors first = Values.first(1, adapter(config().dInitial(0.25)).parameters());
    Tensors random = Values.first(1, adapter(config().init(false)).parameters());

    assertThat(first.get("vera_lambda_b").toDoubleVector()).containsExactly(0, 0, 0);
    assertThat(first.get("vera_lambda_d").toDoubleVector()).containsExactly(0.25, 0.25);
    assertThat(random.get("vera_lambda_b").toDoubleVector()).containsExactly(1, 1, 1);
    assertThat(random.get("vera_lambda_d").getDouble(0))
        .isNotEqualTo(random.get("vera_lambda_d").getDouble(1));
  }

  @Test
  void allTargetsShareProjectionsOfTheLargestExtents() {
    VeraMethod method = new VeraMethod();
    Injection injection = Frozen.nothing().injection(SITE, WIDE, TALL);

    List<Adapter> adapters =
        List.of(SITE, WIDE, TALL).stream()
            .map(site -> method.inject(site, config().build(), injection).orElseThrow())
            .toList();

    Projections shared = ((VeraLinear) adapters.get(0)).projections();
    assertThat(adapters)
        .allSatisfy(vera -> assertThat(((VeraLinear) vera).projections()).isSameAs(shared));
    assertThat(shared.shapeOfA()).containsExactly(2L, 6L);
    assertThat(shared.shapeOfB()).containsExactly(5L, 2L);
  }

  @Test
  void aFileHasTheProjectionsOrTheyFollowFromTheKey() {
    VeraLinear saved = adapter(config());
    VeraLinear drawn = adapter(config().saveProjection(false));

    assertThat(saved.writesConstants()).isTrue();
    assertThat(saved.constantShapes())
        .isEqualTo(
            Map.of("base_model.vera_A", List.of(2L, 6L), "base_model.vera_B", List.of(5L, 2L)));
    assertThat(drawn.writesConstants()).isFalse();
    assertThat(drawn.constantShapes()).isEmpty();
    assertThat(drawn.constants().get("base_model.vera_A"))
        .satisfies(a -> assertThat(a.get()).isEqualTo(SHARED.of(DataType.FLOAT).a()));
  }

  /** Kaiming's bound for a = 0 is √(6/fan-in). */
  @Test
  void projectionsAreUniformUpToTheirFanIn() {
    Projections.Pair pair = new Projections(1, 24, 600, 50).of(DataType.DOUBLE);

    assertThat(pair.a().amaxNumber().doubleValue()).isCloseTo(0.1, within(1e-4));
    assertThat(pair.b().amaxNumber().doubleValue()).isCloseTo(0.5, within(1e-2));
    assertThat(pair.a().meanNumber().doubleValue()).isCloseTo(0, within(2e-3));
    assertThat(pair.a()).isEqualTo(new Projections(1, 24, 600, 50).of(DataType.DOUBLE).a());
    assertThat(pair.a()).isNotEqualTo(new Projections(2, 24, 600, 50).of(DataType.DOUBLE).a());
  }

  /** The first numbers of the authors' own program for init_genrand(5489), and the 10,000th. */
  @Test
  void theGeneratorIsMt19937() {
    MersenneTwister random = new MersenneTwister(5489);

    assertThat(Integer.toUnsignedLong(random.nextInt())).isEqualTo(3499211612L);
    assertThat(Integer.toUnsignedLong(random.nextInt())).isEqualTo(581869302L);
    for (int i = 2; i < 9999; i++) {
      random.nextInt();
    }
    assertThat(Integer.toUnsignedLong(random.nextInt())).isEqualTo(4123659995L);
  }
}
