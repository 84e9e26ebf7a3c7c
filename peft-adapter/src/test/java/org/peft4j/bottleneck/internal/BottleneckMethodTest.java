package org.peft4j.bottleneck.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.bottleneck.ConnectionStart;
import org.peft4j.bottleneck.Connections;
import org.peft4j.bottleneck.InitWeights;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.bottleneck.Phm;
import org.peft4j.bottleneck.Scaling;
import org.peft4j.config.ModuleSelector;
import org.peft4j.error.PeftException;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** What a config comes to in a model of two blocks of width 8. */
class BottleneckMethodTest {
  private static final List<Site> PLACES =
      List.of(
          place("h.0.mixer", SiteRole.ATTENTION),
          place("h.0.mlp", SiteRole.FEED_FORWARD),
          place("h.1.mixer", SiteRole.ATTENTION),
          place("h.1.mlp", SiteRole.FEED_FORWARD));
  private static final BottleneckMethod METHOD = new BottleneckMethod();

  private static Site place(String name, SiteRole role) {
    return Site.place(name, name, SiteKind.SUBLAYER, 8, 8).as(role);
  }

  private static Injection injection() {
    return new Injection(PLACES, Frozen.nothing(), true);
  }

  private static Optional<Adapter> inject(
      BottleneckConfig.Builder config, int place, Injection injection) {
    return METHOD.inject(PLACES.get(place), config.build(), injection);
  }

  private static Adapter adapter(BottleneckConfig.Builder config) {
    return inject(config.targetModules("mlp"), 1, injection()).orElseThrow();
  }

  private static List<String> grafted(BottleneckConfig.Builder config) {
    BottleneckConfig built = config.build();
    Injection injection = injection();
    return PLACES.stream()
        .filter(site -> METHOD.inject(site, built, injection).isPresent())
        .map(Site::name)
        .toList();
  }

  @Test
  void houlsbyIsAfterBothSubLayersAndPfeifferAfterFeedForward() {
    assertThat(grafted(BottleneckConfig.houlsby()))
        .containsExactly("h.0.mixer", "h.0.mlp", "h.1.mixer", "h.1.mlp");
    assertThat(grafted(BottleneckConfig.pfeiffer())).containsExactly("h.0.mlp", "h.1.mlp");
    assertThat(grafted(BottleneckConfig.houlsby().outputAdapter(false)))
        .containsExactly("h.0.mixer", "h.1.mixer");
  }

  @Test
  void layersCanBeLeftOutByNumber() {
    assertThat(grafted(BottleneckConfig.houlsby().leaveOut(0)))
        .containsExactly("h.1.mixer", "h.1.mlp");
  }

  @Test
  void namedTargetsStandForThemselves() {
    // Pfeiffer's has no adapter after attentions, unless an attention is named.
    assertThat(inject(BottleneckConfig.pfeiffer().targetModules("mixer"), 0, injection()))
        .isPresent();
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        Arguments.of(
            BottleneckConfig.houlsby().leaveOut(2, 1),
            "leave_out has 2, but the layers are [0, 1]."),
        Arguments.of(
            BottleneckConfig.houlsby().leaveOut(0, 1),
            "leave out every place of this model: [h.0.mixer, h.0.mlp, h.1.mixer, h.1.mlp]."));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void aConfigThatLeavesNothingIsRefused(BottleneckConfig.Builder config, String message) {
    assertThatThrownBy(() -> inject(config, 0, injection()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"16, 1", "8, 1", "3, 2", "2, 4", "1, 8", "0.5, 16"})
  void theBottleneckIsTheWidthOverTheFactorAndAtLeastOne(double factor, long size) {
    Adapter adapter = adapter(BottleneckConfig.pfeiffer().reductionFactor(factor));

    assertThat(Values.shapes(adapter.parameters()))
        .containsExactly(
            entry("adapter_down.0.weight", List.of(size, 8L)),
            entry("adapter_down.0.bias", List.of(size)),
            entry("adapter_up.weight", List.of(8L, size)),
            entry("adapter_up.bias", List.of(8L)));
  }

  @Test
  void normalisationsAreParametersAndCountAmongTheModulesBeforeDown() {
    Connections normed =
        new Connections(false, true, true, true, ConnectionStart.OUTPUT, false, false);

    Adapter adapter = adapter(BottleneckConfig.houlsby().connections(normed));

    assertThat(Values.shapes(adapter.parameters()).keySet())
        .containsExactly(
            "adapter_norm_before.weight",
            "adapter_norm_before.bias",
            "adapter_down.1.weight",
            "adapter_down.1.bias",
            "adapter_up.weight",
            "adapter_up.bias",
            "adapter_norm_after.weight",
            "adapter_norm_after.bias");
  }

  @Test
  void bertsBeginningIsNormalWithZeroBiases() {
    Tensors first =
        Values.first(1, adapter(BottleneckConfig.pfeiffer().reductionFactor(0.01)).parameters());

    for (String name : List.of("adapter_down.0", "adapter_up")) {
      assertThat(first.get(name + ".weight").stdNumber().doubleValue()).isBetween(0.019, 0.021);
      assertThat(first.get(name + ".bias").amaxNumber().doubleValue()).isZero();
    }
  }

  @Test
  void mamsBeginningIsUniformDownAndZeroUp() {
    Tensors first =
        Values.first(1, adapter(BottleneckConfig.parallel().reductionFactor(0.1)).parameters());

    // Kaiming's uniform with a = √5, which is 1/√in.
    assertThat(first.get("adapter_down.0.weight").amaxNumber().doubleValue())
        .isBetween(0.9 / Math.sqrt(8), 1 / Math.sqrt(8));
    assertThat(first.get("adapter_up.weight").amaxNumber().doubleValue()).isZero();
  }

  @Test
  void aRuleForAllPlacesIsAParameterOfTheFirst() {
    BottleneckConfig config = BottleneckConfig.compacterPlusPlus().reductionFactor(2).build();
    Injection injection = injection();

    Adapter first = METHOD.inject(PLACES.get(1), config, injection).orElseThrow();
    Adapter second = METHOD.inject(PLACES.get(3), config, injection).orElseThrow();

    assertThat(Values.shapes(first.parameters())).containsEntry("phm_rule", List.of(4L, 4L, 4L));
    assertThat(Values.shapes(second.parameters())).doesNotContainKey("phm_rule");
    assertThat(first.key(first.parameters().get(0)))
        .isEqualTo("base_model.model.shared_parameters.phm_rule");
    assertThat(second.key(second.parameters().get(0)))
        .isEqualTo("base_model.model.h.1.mlp.adapter_down.0.W_left");
  }

  @Test
  void rulesOfTheirOwnBelongToTheProjections() {
    Adapter adapter =
        adapter(
            BottleneckConfig.compacter()
                .reductionFactor(2)
                .phm(Phm.DEFAULT.withSharedRule(false).with(2, 1)));

    assertThat(Values.shapes(adapter.parameters()))
        .containsExactly(
            entry("adapter_down.0.phm_rule", List.of(2L, 2L, 2L)),
            entry("adapter_down.0.W_left", List.of(2L, 4L, 1L)),
            entry("adapter_down.0.W_right", List.of(2L, 1L, 2L)),
            entry("adapter_down.0.b", List.of(4L)),
            entry("adapter_up.phm_rule", List.of(2L, 2L, 2L)),
            entry("adapter_up.W_left", List.of(2L, 2L, 1L)),
            entry("adapter_up.W_right", List.of(2L, 1L, 4L)),
            entry("adapter_up.b", List.of(8L)));
  }

  @Test
  void aRuleBeginsWithAHundredth() {
    Phm normal = Phm.DEFAULT.with(8, 1);
    Phm uniform =
        new Phm(8, true, 1, true, Phm.RuleInit.UNIFORM, Phm.WeightInit.GLOROT_UNIFORM, 0.1);

    assertThat(rule(normal).stdNumber().doubleValue()).isBetween(0.009, 0.011);
    assertThat(rule(uniform).amaxNumber().doubleValue()).isBetween(0.0095, 0.01);
  }

  private static org.nd4j.linalg.api.ndarray.INDArray rule(Phm phm) {
    BottleneckConfig.Builder config = BottleneckConfig.compacter().reductionFactor(1).phm(phm);
    Adapter first = inject(config, 0, injection()).orElseThrow();
    return Values.first(1, first.parameters()).get("phm_rule");
  }

  @Test
  void presetsAreThoseOfThePapers() {
    BottleneckConfig parallel = BottleneckConfig.parallel().build();
    assertThat(parallel.reductionFactor()).isEqualTo(2);
    assertThat(parallel.scaling()).isEqualTo(Scaling.of(4));
    assertThat(parallel.initWeights()).isEqualTo(InitWeights.MAM_ADAPTER);
    assertThat(parallel.connections().parallel()).isTrue();
    BottleneckConfig houlsby = BottleneckConfig.houlsby().build();
    assertThat(houlsby.nonLinearity()).isEqualTo(NonLinearity.SWISH);
    assertThat(houlsby.reductionFactor()).isEqualTo(16);
    assertThat(houlsby.connections().originalLnBefore()).isFalse();
    BottleneckConfig pfeiffer = BottleneckConfig.pfeiffer().build();
    assertThat(pfeiffer.nonLinearity()).isEqualTo(NonLinearity.RELU);
    assertThat(pfeiffer.connections().originalLnBefore()).isTrue();
    BottleneckConfig compacter = BottleneckConfig.compacter().build();
    assertThat(compacter.nonLinearity()).isEqualTo(NonLinearity.GELU);
    assertThat(compacter.reductionFactor()).isEqualTo(32);
    assertThat(compacter.phm()).contains(Phm.DEFAULT);
    assertThat(compacter.mhAdapter()).isTrue();
    assertThat(BottleneckConfig.compacterPlusPlus().build().mhAdapter()).isFalse();
  }

  @Test
  void everyPlaceIsATargetWhereNoneIsNamed() {
    BottleneckConfig config = BottleneckConfig.houlsby().build();

    assertThat(METHOD.implicitTargets(config)).contains(new ModuleSelector.Every());
    assertThat(METHOD.siteKinds()).containsExactly(SiteKind.SUBLAYER);
  }
}
