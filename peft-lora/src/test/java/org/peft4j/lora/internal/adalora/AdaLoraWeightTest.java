package org.peft4j.lora.internal.adalora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.PenaltyAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.internal.Changes;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** AdaLoRA's change of a weight, {@code s·B·diag(E)·A}, at a map of 4 features to 3. */
class AdaLoraWeightTest {
  private static final Site LINEAR = Site.linear("up", "up", 4, 3, List.of());
  private static final Site OTHER = Site.linear("down", "down", 3, 4, List.of());
  private static final Site KERNEL = Site.convolution("conv", "conv", 2, 3, List.of(2L), List.of());

  private static AdaLoraConfig.Builder config() {
    return AdaLoraConfig.builder().initR(2).alpha(3).totalStep(9);
  }

  private static Adapter adapter(Site site, AdaLoraConfig.Builder config) {
    Injection injection = Frozen.nothing().injection(LINEAR, OTHER, KERNEL);
    return new AdaLoraMethod().inject(site, config.build(), injection).orElseThrow();
  }

  /** As Hugging Face PEFT, α is divided by r + 1e-5. */
  @Test
  void theChangeIsAProductOfThreeFactors() {
    Adapter adapter = adapter(LINEAR, config());
    Tensors values = Values.random(1, adapter.parameters());
    INDArray e = values.get("lora_E").ravel();

    INDArray delta = Changes.of(adapter, inference(), values, 3, 4);

    assertNear(
        delta, values.get("lora_B").mmul(Nd4j.diag(e)).mmul(values.get("lora_A")).mul(3 / 2.00001));
    Changes.assertAddsTheChange(adapter, values);
  }

  @ParameterizedTest
  @CsvSource({"3, 1.5", "0, 1", "-4, 1"})
  void anAlphaThatIsNotAboveZeroIsTheFirstRank(double alpha, double scale) {
    Adapter adapter = adapter(LINEAR, config().alpha(alpha));
    Tensors ones = Values.random(1, adapter.parameters());
    ones.asMap().values().forEach(tensor -> tensor.assign(1));

    INDArray delta = Changes.of(adapter, inference(), ones, 3, 4);

    assertThat(delta.getDouble(0)).isCloseTo(2 * scale, within(2e-5));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void gradientsAreSlopes(double dropout) {
    Adapter linear = adapter(LINEAR, config().dropout(dropout));
    Adapter kernel = adapter(KERNEL, config().dropout(dropout));

    Changes.assertSlopesBeside(linear, training(3), Values.random(2, linear.parameters()));
    Changes.assertSlopesOfWeight(linear, training(3), Values.random(2, linear.parameters()), 3, 4);
    Changes.assertSlopesOfWeight(
        kernel, training(3), Values.random(2, kernel.parameters()), 3, 2, 2);
  }

  /** The mean over A and B of all three targets, w = 0.6: each has a tenth. */
  @Test
  void thePenaltyIsItsShareOfTheMeanOrthogonality() {
    PenaltyAdapter adapter = (PenaltyAdapter) adapter(LINEAR, config().orthRegWeight(0.6));
    Tensors values = Values.random(4, adapter.parameters());
    Orthogonality tenth = new Orthogonality(0.1);
    Nd4jKernels kernels = new Nd4jKernels();

    double penalty = adapter.penalty(kernels, values);

    assertThat(penalty)
        .isCloseTo(
            tenth.value(kernels, values.get("lora_A"), true)
                + tenth.value(kernels, values.get("lora_B"), false),
            within(1e-12));
  }

  @Test
  void thePenaltysGradientIsItsSlope() {
    PenaltyAdapter adapter = (PenaltyAdapter) adapter(LINEAR, config());
    Tensors values = Values.random(4, adapter.parameters());
    Nd4jKernels kernels = new Nd4jKernels();
    Tensors gradients = values.detachedCopy();
    gradients.asMap().values().forEach(gradient -> gradient.assign(0));

    adapter.addPenaltyGradient(kernels, values, 5, gradients);

    CentralDifferences.assertGradients(
        values, gradients, () -> 5 * adapter.penalty(kernels, values));
  }

  @Test
  void theValuesBeginAtZeroBetweenSmallNormalVectors() {
    Site wide = Site.linear("up", "up", 5000, 3, List.of());
    Adapter adapter = adapter(wide, config());
    Tensors first = Values.first(1, adapter.parameters());

    assertThat(first.get("lora_E")).isEqualTo(Values.zeros(2, 1));
    assertThat(first.get("lora_A").stdNumber().doubleValue()).isCloseTo(0.02, within(1e-3));
    assertThat(
            Values.first(1, adapter(LINEAR, config().initLoraWeights(false)).parameters())
                .get("lora_E")
                .amaxNumber()
                .doubleValue())
        .isPositive();
  }

  @Test
  void aTargetHasTheRanksThatThePatternLeaves() {
    AdaLoraConfig.Builder one = config().rankPattern(Map.of("up.lora_E", List.of(false, true)));
    AdaLoraConfig.Builder none = config().rankPattern(Map.of("up.lora_E", List.of(false, false)));
    AdaLoraConfig.Builder unknown =
        config().rankPattern(Map.of("gone.lora_E", List.of(true, true)));

    assertThat(adapter(LINEAR, one).parameters().get(0).shape()).containsExactly(1L, 4L);
    assertThat(adapter(LINEAR, none)).isEqualTo(new NoRank(LINEAR));
    assertThatThrownBy(() -> adapter(LINEAR, unknown))
        .isInstanceOf(PeftException.class)
        .hasMessage("rank_pattern has \"gone.lora_E\", which is not a target in this model.");
  }
}
