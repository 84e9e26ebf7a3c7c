package org.peft4j.lora.internal.combine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.LoraMethod;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.method.Combination;
import org.peft4j.method.Combination.Type;
import org.peft4j.method.PeftMethod.Saved;
import org.peft4j.method.PeftMethod.Source;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** Sums of LoRA adapters at maps of 3 features to 2, from their tensors alone. */
class WeightedSumTest {
  private static final Site UP = Site.linear("up", "up", 3, 2, List.of());
  private static final Site DOWN = Site.linear("down", "down", 3, 2, List.of());
  private static final Site KERNEL = Site.convolution("conv", "conv", 2, 3, List.of(2L), List.of());

  /** An adapter of that rank, with α = 2r so that s = 2, with random tensors. */
  private static Source<LoraConfig> source(String name, double weight, int rank, Site... sites) {
    return source(name, weight, LoraConfig.builder().rank(rank).alpha(2.0 * rank).build(), sites);
  }

  private static Source<LoraConfig> source(
      String name, double weight, LoraConfig config, Site... sites) {
    List<Adapter> parts =
        List.of(sites).stream()
            .map(
                site ->
                    (Adapter)
                        new LoraMethod()
                            .inject(site, config, Frozen.nothing().injection(sites))
                            .orElseThrow())
            .toList();
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (Adapter part : parts) {
      part.parameters()
          .forEach(
              spec ->
                  tensors.put(
                      part.key(spec),
                      Values.random(
                          name.hashCode() + part.key(spec).hashCode(), spec.shapeArray())));
    }
    return new Source<>(name, config, weight, parts, tensors);
  }

  private static INDArray tensor(Map<String, INDArray> tensors, Site site, String name) {
    String key = "base_model.model." + site.name() + "." + name;
    INDArray tensor = Objects.requireNonNull(tensors.get(key), key);
    return tensor.reshape('c', tensor.size(0), tensor.length() / tensor.size(0));
  }

  private static INDArray product(Map<String, INDArray> tensors, Site site) {
    return tensor(tensors, site, LoraLinear.B).mmul(tensor(tensors, site, LoraLinear.A));
  }

  private static Saved<LoraConfig> sum(Combination how, List<Source<LoraConfig>> sources) {
    return new WeightedSum(sources, how).saved();
  }

  @ParameterizedTest
  @CsvSource({"CAT, 3", "SVD, 2"})
  void theExactSumsAreThoseOfTheChanges(Type type, int rank) {
    Source<LoraConfig> one = source("one", 0.5, 2, UP);
    Source<LoraConfig> two = source("two", -3, 1, UP);

    Saved<LoraConfig> sum = sum(Combination.of(type), List.of(one, two));

    INDArray expected =
        product(one.tensors(), UP).mul(2 * 0.5).sub(product(two.tensors(), UP).mul(2 * 3));
    assertThat(product(sum.tensors(), UP).distance2(expected)).isLessThan(1e-9);
    assertThat(LoraShape.at(UP, sum.config()).rank()).isEqualTo(rank);
    assertThat(LoraShape.at(UP, sum.config()).scale()).isEqualTo(1);
  }

  /** A carries the weight's sign: √|w·s|·√|w·s| is the weight again where there is one adapter. */
  @ParameterizedTest
  @CsvSource({"0.5", "-0.5"})
  void theLinearSumOfOneAdapterIsItsChange(double weight) {
    Source<LoraConfig> one = source("one", weight, 2, UP);

    Saved<LoraConfig> sum = sum(Combination.of(Type.LINEAR), List.of(one));

    assertNear(product(sum.tensors(), UP), product(one.tensors(), UP).mul(2 * weight));
  }

  @Test
  void theLinearSumOfTwoHasCrossTerms() {
    Source<LoraConfig> one = source("one", 2, 1, UP);
    Source<LoraConfig> two = source("two", -0.5, 1, UP);

    Saved<LoraConfig> sum = sum(Combination.of(Type.LINEAR), List.of(one, two));

    // √(2·2) = 2 and √(0.5·2) = 1.
    assertNear(
        tensor(sum.tensors(), UP, LoraLinear.A),
        tensor(one.tensors(), UP, LoraLinear.A)
            .mul(2)
            .sub(tensor(two.tensors(), UP, LoraLinear.A)));
    assertNear(
        tensor(sum.tensors(), UP, LoraLinear.B),
        tensor(one.tensors(), UP, LoraLinear.B)
            .mul(2)
            .add(tensor(two.tensors(), UP, LoraLinear.B)));
  }

  @Test
  void aSiteThatOnlyOneAdapterHasIsThatAdaptersAlone() {
    Source<LoraConfig> one = source("one", 1, 1, UP, DOWN);
    Source<LoraConfig> two = source("two", 1, 2, UP);

    Saved<LoraConfig> sum = sum(Combination.of(Type.CAT), List.of(one, two));

    assertThat(LoraShape.at(UP, sum.config()).rank()).isEqualTo(3);
    assertThat(LoraShape.at(DOWN, sum.config()).rank()).isEqualTo(1);
    assertNear(product(sum.tensors(), DOWN), product(one.tensors(), DOWN).mul(2));
  }

  @Test
  void anSvdOfMoreRanksThanTheWeightHasIsFilledUpWithZeros() {
    Source<LoraConfig> one = source("one", 1, 1, UP);

    Saved<LoraConfig> sum = sum(Combination.of(Type.SVD).rank(4), List.of(one));

    assertThat(tensor(sum.tensors(), UP, LoraLinear.A).shape()).containsExactly(4, 3);
    assertThat(tensor(sum.tensors(), UP, LoraLinear.B).getColumn(3)).isEqualTo(Values.zeros(2));
    assertThat(product(sum.tensors(), UP).distance2(product(one.tensors(), UP).mul(2)))
        .isLessThan(1e-9);
  }

  /** Hugging Face PEFT prunes the change with its scale, and weighs it afterwards. */
  @Test
  void pruningOfChangesComesBeforeTheirWeight() {
    Source<LoraConfig> one = source("one", 5, 1, UP);
    double[] change = product(one.tensors(), UP).mul(2).ravel().toDoubleVector();
    int largest = 0;
    for (int i = 1; i < change.length; i++) {
      largest = Math.abs(change[i]) > Math.abs(change[largest]) ? i : largest;
    }
    INDArray expected = Values.zeros(6);
    expected.putScalar(largest, 5 * change[largest]);

    Saved<LoraConfig> sum =
        sum(Combination.of(Type.MAGNITUDE_PRUNE_SVD).density(0.2), List.of(one));

    assertThat(product(sum.tensors(), UP).distance2(expected.reshape('c', 2, 3))).isLessThan(1e-7);
  }

  /** The quantile 0.75 of nine entries, −4 to 4, is the seventh. */
  @Test
  void entriesAreCutOffAtAQuantileOfBothFactors() {
    Source<LoraConfig> one = source("one", 1, 1, UP);

    Saved<LoraConfig> free = sum(Combination.of(Type.SVD).rank(1), List.of(one));
    Saved<LoraConfig> cut = sum(Combination.of(Type.SVD).rank(1).clamp(0.75), List.of(one));

    double[] all =
        Nd4j.concat(
                0,
                tensor(free.tensors(), UP, LoraLinear.A).ravel(),
                tensor(free.tensors(), UP, LoraLinear.B).ravel())
            .toDoubleVector();
    double[] sorted = all.clone();
    java.util.Arrays.sort(sorted);
    double bound = sorted[3];
    double[] actual =
        Nd4j.concat(
                0,
                tensor(cut.tensors(), UP, LoraLinear.A).ravel(),
                tensor(cut.tensors(), UP, LoraLinear.B).ravel())
            .toDoubleVector();
    for (int i = 0; i < all.length; i++) {
      assertThat(actual[i]).isCloseTo(Math.max(-bound, Math.min(bound, all[i])), within(1e-12));
    }
  }

  @Test
  void biasesAreAddedWithTheirScales() {
    LoraConfig biased = LoraConfig.builder().rank(1).alpha(2).loraBias(true).build();
    Source<LoraConfig> one = source("one", 3, biased, UP);
    Source<LoraConfig> two = source("two", 1, 1, UP);

    Saved<LoraConfig> sum = sum(Combination.of(Type.CAT), List.of(one, two));

    assertThat(sum.config().loraBias()).isTrue();
    assertNear(
        tensor(sum.tensors(), UP, LoraLinear.BIAS),
        tensor(one.tensors(), UP, LoraLinear.BIAS).mul(3 * 2));
  }

  @Test
  void aKernelsFactorsKeepTheirShapes() {
    Source<LoraConfig> one = source("one", 1, 2, KERNEL);

    Saved<LoraConfig> sum = sum(Combination.of(Type.CAT), List.of(one, one));

    assertThat(sum.tensors().get("base_model.model.conv.lora_A.weight"))
        .satisfies(a -> assertThat(a.shape()).containsExactly(4, 2, 2));
    assertThat(sum.tensors().get("base_model.model.conv.lora_B.weight"))
        .satisfies(b -> assertThat(b.shape()).containsExactly(3, 4, 1));
    assertNear(product(sum.tensors(), KERNEL), product(one.tensors(), KERNEL).mul(4));
  }

  @Test
  void factorsOfOtherRanksCannotBeAdded() {
    Combination linear = Combination.of(Type.LINEAR);
    List<Source<LoraConfig>> sources = List.of(source("one", 1, 1, UP), source("two", 1, 2, UP));

    assertThatThrownBy(() -> sum(linear, sources))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "LINEAR adds A and B separately, so ranks must be equal; at up they are [1, 2]. Take"
                + " CAT or SVD.");
  }
}
