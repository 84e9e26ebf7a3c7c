package org.peft4j.internal.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ModuleSelector;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;

/** Which sites of a model of two blocks a config means. */
class TargetMatcherTest {
  private static final Site TABLE = Site.embedding("wte", "wte", 9, 4, List.of());
  private static final List<Site> BLOCKS =
      List.of(
          linear("t.h.0.attn.q_proj"),
          linear("t.h.0.attn.v_proj"),
          linear("t.h.0.mlp.up_proj"),
          linear("t.h.1.attn.q_proj"),
          linear("t.h.1.attn.v_proj"),
          linear("t.h.1.mlp.up_proj"));
  private static final Site NORM =
      Site.parameters("ln_f", "ln_f", SiteKind.NORM, List.of(SiteParameter.weight("weight", 4)));
  private static final Site HEAD = linear("lm_head").as(SiteRole.HEAD);
  private static final Site PLACE = Site.place("t.h.0.mlp", "t.h.0.mlp", SiteKind.SUBLAYER, 4, 4);
  private static final List<Site> ALL =
      List.of(
          TABLE,
          BLOCKS.get(0),
          BLOCKS.get(1),
          BLOCKS.get(2),
          PLACE,
          BLOCKS.get(3),
          BLOCKS.get(4),
          BLOCKS.get(5),
          NORM,
          HEAD);
  private static final Set<SiteKind> LORA = Set.of(SiteKind.LINEAR, SiteKind.EMBEDDING);

  private static Site linear(String name) {
    return Site.linear(name, name, 4, 4, List.of());
  }

  private static List<String> match(CommonConfig config, Set<SiteKind> supported, Site... saved) {
    return match(config, supported, IdleNames.REFUSED, saved);
  }

  private static List<String> match(
      CommonConfig config, Set<SiteKind> supported, IdleNames idle, Site... saved) {
    return new TargetMatcher(ALL, config, Set.of(saved), "LORA", supported, idle)
        .match(config.targetModules().orElseThrow()).stream().map(Site::name).toList();
  }

  private static BitFitConfig.Builder names(String... names) {
    return BitFitConfig.builder().targetModules(names);
  }

  private static List<String> match(BitFitConfig.Builder config) {
    return match(config.build().common(), LORA);
  }

  @Test
  void namesThatMeanNothingAreErrorsOfANewAdapter() {
    assertThatThrownBy(() -> match(names("q_proj", "gate_proj")))
        .hasMessageContaining("Target \"gate_proj\" matches no site of this model. Nearest: ");
    assertThatThrownBy(() -> match(names("q_proj").excludeModules("zz")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("exclude_modules")
        .hasMessageContaining("\"zz\" matches no module of this model. Nearest: ");
    assertThatThrownBy(() -> match(names("q_proj").exclude(new ModuleSelector.Regex("z+"))))
        .hasMessageContaining("\"z+\" matches no module of this model.");
    assertThatThrownBy(() -> match(names("q_proj").layersToTransform(1, 7)))
        .hasMessageContaining("7 is no layer of this model. Its layers: 0 to 1.");
  }

  /** Its tensors say what it adapts; Python writes such names for models of many kinds. */
  @Test
  void namesThatMeanNothingInASavedAdapterAreLeftOut() {
    CommonConfig config =
        names("q_proj", "gate_proj").excludeModules("zz").layersToTransform(1, 7).build().common();

    List<String> warnings = new ArrayList<>();
    IdleNames told = IdleNames.told(warnings::add);

    assertThat(match(config, LORA, told)).containsExactly("t.h.1.attn.q_proj");
    assertThat(String.join("\n", warnings))
        .contains("target_modules of a saved adapter: Target \"gate_proj\" matches no site")
        .contains("exclude_modules of a saved adapter: \"zz\" matches no module")
        .contains("layers_to_transform of a saved adapter: 7 is no layer of this model.");
    assertThatThrownBy(() -> match(names("a", "b").build().common(), LORA, told))
        .hasMessageContaining("Target \"a\" matches no site")
        .hasMessageContaining("Target \"b\" matches no site");
  }

  @ParameterizedTest
  @CsvSource({
    "q_proj, t.h.0.attn.q_proj t.h.1.attn.q_proj",
    "attn.q_proj, t.h.0.attn.q_proj t.h.1.attn.q_proj",
    "t.h.1.attn.q_proj, t.h.1.attn.q_proj",
    "wte, wte"
  })
  void aNameIsAWholePathOrItsEndAfterADot(String name, String matched) {
    assertThat(match(names(name))).containsExactly(matched.split(" "));
  }

  @Test
  void severalNamesAreMatchedInTheOrderOfTheModel() {
    assertThat(match(names("v_proj", "q_proj")))
        .containsExactly(
            "t.h.0.attn.q_proj", "t.h.0.attn.v_proj", "t.h.1.attn.q_proj", "t.h.1.attn.v_proj");
  }

  @Test
  void aPatternMatchesWholePaths() {
    assertThat(match(BitFitConfig.builder().targetRegex("t\\.h\\.1\\..*_proj")))
        .containsExactly("t.h.1.attn.q_proj", "t.h.1.attn.v_proj", "t.h.1.mlp.up_proj");
  }

  @Test
  void allLinearIsEveryLinearMapButTheHead() {
    assertThat(match(BitFitConfig.builder().targetAllLinear()))
        .containsExactlyElementsOf(BLOCKS.stream().map(Site::name).toList());
  }

  @Test
  void everySiteIsEachOfTheSupportedKinds() {
    BitFitConfig.Builder config = BitFitConfig.builder().target(new ModuleSelector.Every());

    assertThat(match(config.build().common(), Set.of(SiteKind.NORM, SiteKind.EMBEDDING)))
        .containsExactly("wte", "ln_f");
  }

  @Test
  void exclusionsComeFirst() {
    assertThat(match(names("q_proj", "v_proj").excludeModules("t.h.0.attn.q_proj", "v_proj")))
        .containsExactly("t.h.1.attn.q_proj");
    assertThat(match(names("q_proj").excludeRegex("t\\.h\\.0\\..*")))
        .containsExactly("t.h.1.attn.q_proj");
  }

  @Test
  void modulesThatAreSavedAreNotTargetsToo() {
    assertThat(match(names("q_proj").build().common(), LORA, BLOCKS.get(0)))
        .containsExactly("t.h.1.attn.q_proj");
  }

  @Test
  void layersAreChosenByTheirIndex() {
    assertThat(match(names("q_proj", "up_proj").layersToTransform(1)))
        .containsExactly("t.h.1.attn.q_proj", "t.h.1.mlp.up_proj");
  }

  @Test
  void aWholePathIsMeantWhateverItsLayer() {
    assertThat(match(names("t.h.0.attn.q_proj", "v_proj").layersToTransform(1)))
        .containsExactly("t.h.0.attn.q_proj", "t.h.1.attn.v_proj");
  }

  @Test
  void placesAreForMethodsThatSupportThem() {
    CommonConfig mlp = names("mlp").build().common();

    assertThat(match(mlp, Set.of(SiteKind.SUBLAYER))).containsExactly("t.h.0.mlp");
  }

  // The four causes of targets that match nothing, each with its way out.

  @Test
  void aMisspeltNameIsToldWithTheNearest() {
    assertThatThrownBy(() -> match(names("q_porj", "up_proj")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Invalid target_modules: Target \"q_porj\" matches no site of this model. Nearest:"
                + " q_proj (2 sites), v_proj (2 sites), up_proj (2 sites), wte (1 site), lm_head"
                + " (1 site).");
  }

  @Test
  void aNameFromAFileIsToldOnOneShortLine() {
    assertThatThrownBy(() -> match(names("q\n\u001b[2J" + "x".repeat(200))))
        .hasMessageContaining("Target \"q\\u000a\\u001b[2Jxxx")
        .hasMessageContaining("x…\" (206 characters) matches no site");
    assertThatThrownBy(() -> match(BitFitConfig.builder().targetRegex("q\nv")))
        .hasMessageStartingWith("Target \"q\\u000av\" matches no site");
  }

  @Test
  void everyMisspeltNameIsTold() {
    assertThatThrownBy(() -> match(names("q_porj", "up")))
        .hasMessageContainingAll("\"q_porj\" matches no site", "\"up\" matches no site");
  }

  @Test
  void anEmptyListIsToldWithWhatItMayName() {
    assertThatThrownBy(() -> match(names()))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "Invalid target_modules: The list is empty; allowed: one name or more, such as: wte (1"
                + " site), ")
        .hasMessageContaining("q_proj (2 sites)");
  }

  @Test
  void namesThatOtherFieldsLeaveOutAreTold() {
    BitFitConfig.Builder excluded = names("q_proj").excludeModules("q_proj");
    BitFitConfig.Builder otherLayer =
        names("q_proj").excludeModules("t.h.1.attn.q_proj").layersToTransform(1);

    for (BitFitConfig.Builder config : List.of(excluded, otherLayer)) {
      assertThatThrownBy(() -> match(config))
          .isInstanceOf(PeftException.class)
          .hasMessage(
              "Targets [q_proj] match only sites that exclude_modules, modules_to_save or"
                  + " layers_to_transform leave out. Check those fields.");
    }
  }

  @Test
  void aPatternThatMatchesNothingIsToldWithWhatThereIs() {
    assertThatThrownBy(() -> match(BitFitConfig.builder().targetRegex("q_proj")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Target \"q_proj\" matches no site of this model. There are: q_proj");
  }

  @Test
  void aModelWithNothingToGraftOnIsTold() {
    CommonConfig config = BitFitConfig.builder().targetRegex("x").build().common();

    assertThatThrownBy(() -> match(config, Set.of(SiteKind.CONVOLUTION)))
        .isInstanceOf(PeftException.class)
        .hasMessage("Target \"x\" matches no site of this model. It has none that LORA supports.");
  }

  @Test
  void aSiteOfAnUnsupportedKindIsToldWithThoseThatAreSupported() {
    assertThatThrownBy(() -> match(names("ln_f").build().common(), Set.of(SiteKind.LINEAR)))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "Target ln_f is of the kind NORM; LORA supports [LINEAR]. Nearest: ");
  }

  @ParameterizedTest
  @CsvSource({
    "h.0, true",
    "0.attn, true",
    "attn, true",
    "t.h.0.attn.q_proj, true",
    "q, false",
    "h.1, false"
  })
  void aModuleIsInsideAContainerOfThatName(String name, boolean inside) {
    assertThat(TargetMatcher.inside(BLOCKS.get(0), name)).isEqualTo(inside);
  }

  @ParameterizedTest
  @CsvSource({
    "'', model.layers.3.mlp.up, true",
    "'', model.layers.12.mlp.up, false",
    "'', h.3.mlp.up, false",
    "layers, model.layers.3.mlp.up, true",
    "blocks, model.layers.3.mlp.up, false",
    "layers, model.layers.9999999999.mlp.up, false"
  })
  void theIndexOfALayerFollowsItsContainer(String container, String path, boolean included) {
    LayerIndex index =
        new LayerIndex(List.of(3, 0), container.isEmpty() ? List.of() : List.of(container));

    assertThat(index.includes(path)).isEqualTo(included);
  }

  @Test
  void aContainerMayBeAPatternWithGroupsOfItsOwn() {
    LayerIndex index = new LayerIndex(List.of(3), List.of("(h|layers)"));

    assertThat(index.includes("model.layers.3.mlp.up")).isTrue();
    assertThat(index.includes("model.h.3.mlp.up")).isTrue();
    assertThat(index.includes("model.h.4.mlp.up")).isFalse();
  }

  @Test
  void ofSeveralContainersTheFirstThatIsThereCounts() {
    LayerIndex index = new LayerIndex(List.of(3), List.of("blocks", "layers"));

    assertThat(index.includes("t.layers.3.up")).isTrue();
    assertThat(index.includes("t.blocks.1.layers.3.up")).isFalse();
  }

  @Test
  void withoutIndicesEveryLayerIsIncluded() {
    assertThat(new LayerIndex(List.of(), List.of()).includes("anything")).isTrue();
    assertThat(Optional.of(new LayerIndex(List.of(1), List.of()).includes("wte"))).contains(false);
  }
}
