package org.peft4j.internal.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.Bias;
import org.peft4j.config.ModuleSelector;
import org.peft4j.error.PeftException;
import org.peft4j.method.Injection;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;
import org.peft4j.weight.FrozenWeight;

/** What a config comes to in a model of two blocks whose head is the embedding's table. */
class AdapterPlannerTest {
  private static final SiteParameter BIAS = SiteParameter.bias("bias", 4);
  private static final SiteParameter WEIGHT = SiteParameter.weight("weight", 4, 4);
  private static final Site TABLE = Site.embedding("wte", "wte", 9, 4, List.of());
  private static final Site Q0 = linear("h.0.attn.q", WEIGHT, BIAS).as(SiteRole.QUERY);
  private static final Site UP0 = linear("h.0.mlp.up", WEIGHT, BIAS);
  private static final Site Q1 = linear("h.1.attn.q", WEIGHT, BIAS).as(SiteRole.QUERY);
  private static final Site UP1 = linear("h.1.mlp.up", WEIGHT);
  private static final Site NORM =
      Site.parameters("ln", "ln", SiteKind.NORM, List.of(WEIGHT, BIAS));
  private static final Site HEAD = linear("lm_head", WEIGHT).as(SiteRole.HEAD);
  private static final List<Site> ALL = List.of(TABLE, Q0, UP0, Q1, UP1, NORM, HEAD);

  /** Every weight is the same; the head's is tied to the table. */
  private static final class Model implements FrozenValues {
    private static final INDArray W = Values.random(1, 9, 4);

    @Override
    public FrozenWeight parameter(Site site, String name) {
      return weight(site);
    }

    @Override
    public FrozenWeight weight(Site site) {
      return Frozen.of(site, W).weight(site);
    }

    @Override
    public List<Site> tiedTo(Site site) {
      return site.equals(TABLE) ? List.of(HEAD) : List.of();
    }
  }

  private final ModuleTestMethod method = new ModuleTestMethod();

  private static Site linear(String name, SiteParameter... parameters) {
    return Site.linear(name, name, 4, 4, List.of(parameters));
  }

  private static AdapterPlanner planner(Optional<String> type) {
    return new AdapterPlanner(ALL, type, new Model(), warning -> {});
  }

  private List<Adapter> plan(BitFitConfig.Builder builder) {
    BitFitConfig config = builder.build();
    return planner(Optional.of("gpt"))
        .plan(method, config, config.common().modulesToSave(), true, true);
  }

  private List<String> keys(BitFitConfig.Builder config) {
    return plan(config).stream()
        .flatMap(adapter -> adapter.parameters().stream().map(adapter::key))
        .map(key -> key.replace("base_model.model.", ""))
        .toList();
  }

  private static BitFitConfig.Builder targets(String... names) {
    return BitFitConfig.builder().targetModules(names);
  }

  @Test
  void adaptersComeInTheOrderOfTheModelWhateverThatOfTheNames() {
    assertThat(keys(targets("up", "q")))
        .containsExactly(
            "h.0.attn.q.number", "h.0.mlp.up.number", "h.1.attn.q.number", "h.1.mlp.up.number");
  }

  @Test
  void theConfigsOwnTargetsCountThenTheMethodsThenThoseOfTheModel() {
    BitFitConfig silent = BitFitConfig.builder().build();
    ModuleSelector every = new ModuleSelector.Every();

    assertThat(planner(Optional.empty()).targets(method, silent))
        .isEqualTo(new ModuleSelector.Names(List.of("q")));
    method.implicit = Optional.of(every);
    assertThat(planner(Optional.empty()).targets(method, silent)).isEqualTo(every);
    assertThat(planner(Optional.empty()).targets(method, targets("up").build()))
        .isEqualTo(new ModuleSelector.Names(List.of("up")));
  }

  @Test
  void withoutAnyTargetsTheSitesThatThereAreAreTold() {
    AdapterPlanner planner =
        new AdapterPlanner(List.of(UP0, UP1), Optional.of("new"), new Model(), warning -> {});

    assertThatThrownBy(() -> planner.targets(method, BitFitConfig.builder().build()))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "The config names no target_modules, and there is no default for model type new. Name"
                + " some of: up (2 sites); or all-linear, or all-adaptable.");
  }

  @Test
  void theCreationOfAnAdapterKnowsAllTargetsAndIsTheSameAtEach() {
    BitFitConfig config = targets("q").build();

    planner(Optional.empty()).plan(method, config, List.of(), false, true);

    Injection first = method.injections.get(0);
    assertThat(method.injections).hasSize(2).allMatch(each -> each == first);
    assertThat(first.targets()).containsExactly(Q0, Q1);
    assertThat(first.fresh()).isFalse();
    assertThat(first.encoders()).isTrue();
  }

  @Test
  void savedModulesAreCopiesOfAllTheirParametersAndNoTargets() {
    assertThat(keys(targets("q").modulesToSave("h.0.attn.q", "ln")))
        .containsExactly(
            "h.0.attn.q.weight", "h.0.attn.q.bias", "h.1.attn.q.number", "ln.weight", "ln.bias");
  }

  @Test
  void aSavedContainerIsEveryModuleInIt() {
    assertThat(keys(targets("q").modulesToSave("h.0.mlp")))
        .containsExactly(
            "h.0.attn.q.number", "h.0.mlp.up.weight", "h.0.mlp.up.bias", "h.1.attn.q.number");
  }

  @Test
  void savedModulesAreWhereTheMethodsFilesHaveThem() {
    method.savedModulesRoot = "base_model.";

    List<Adapter> adapters = plan(targets("q").modulesToSave("lm_head"));

    Adapter copy = adapters.get(adapters.size() - 1);
    assertThat(copy).isInstanceOf(TrainableCopy.class);
    assertThat(copy.key(copy.parameters().get(0))).isEqualTo("base_model.lm_head.weight");
  }

  @Test
  void everySavedModuleThatIsNotThereIsTold() {
    assertThatThrownBy(() -> plan(targets("q").modulesToSave("lm_haed", "norm", "ln")))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "Invalid modules_to_save: \"lm_haed\" matches no module of this model. Nearest:"
                + " lm_head (1 site)")
        .hasMessageContaining("\"norm\" matches no module");
  }

  @Test
  void theHeadsOfATaskNeedNotBeThere() {
    assertThat(keys(targets("q").taskType("SEQ_CLS")))
        .containsExactly("h.0.attn.q.number", "h.1.attn.q.number");
  }

  @Test
  void biasesTrainBesideAdaptersAndAreThenThoseOfTheirBaseLayer() {
    assertThat(keys(targets("q").bias(Bias.ALL)))
        .containsExactly(
            "h.0.attn.q.number",
            "h.0.attn.q.base_layer.bias",
            "h.0.mlp.up.bias",
            "h.1.attn.q.number",
            "h.1.attn.q.base_layer.bias",
            "ln.bias");
  }

  @Test
  void biasesOfTargetsOnlyAreThoseOfTargetsThatHaveOne() {
    assertThat(keys(targets("up").bias(Bias.TARGETS_ONLY)))
        .containsExactly("h.0.mlp.up.number", "h.0.mlp.up.base_layer.bias", "h.1.mlp.up.number");
  }

  @Test
  void theBiasOfASavedModuleTrainsOnce() {
    assertThat(keys(targets("q").bias(Bias.ALL).modulesToSave("ln", "h.0.mlp.up")))
        .containsExactly(
            "h.0.attn.q.number",
            "h.0.attn.q.base_layer.bias",
            "h.0.mlp.up.weight",
            "h.0.mlp.up.bias",
            "h.1.attn.q.number",
            "h.1.attn.q.base_layer.bias",
            "ln.weight",
            "ln.bias");
  }

  @Test
  void rowsOfTheFirstEmbeddingTrainBesideAndItsHeadFollows() {
    method.tokenRows = Map.of("", List.of(3, 5));

    List<Adapter> adapters = plan(targets("q"));

    assertThat(adapters)
        .extracting(adapter -> adapter.site().name())
        .containsExactly("wte", "h.0.attn.q", "h.1.attn.q", "lm_head");
    assertThat(adapters.get(0).parameters().get(0).shape()).containsExactly(2L, 4L);
    assertThat(adapters.get(3).parameters()).isEmpty();
  }

  @Test
  void rowsOfWhatIsNoEmbeddingAreRefused() {
    method.tokenRows = Map.of("lm_heat", List.of(3));

    assertThatThrownBy(() -> plan(targets("q")))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "trainable_token_indices names \"lm_heat\", which is not an embedding or head of this"
                + " model. Nearest: ");
    method.tokenRows = Map.of("wte", List.of(9));
    assertThatThrownBy(() -> plan(targets("q")))
        .hasMessage("Token id 9 is beyond the vocabulary of wte; allowed: 0 to 8.");
  }

  @Test
  void everyPatternMustMatchATarget() {
    method.patterns = List.of("q", "h\\.1\\..*", "up", "k");

    assertThatThrownBy(() -> plan(targets("q")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Invalid rank_pattern or alpha_pattern: \"up\" matches no target. \"k\" matches no"
                + " target.");
  }

  @Test
  void aMethodMayLeaveATargetOutButNotAll() {
    method.leftOut = "h.0.attn.q";

    assertThat(keys(targets("q"))).containsExactly("h.1.attn.q.number");
    assertThatThrownBy(() -> plan(targets("h.0.attn.q")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "TEST has nothing to train at the 1 matched targets (first: h.0.attn.q). Name other"
                + " targets.");
  }

  @Test
  void allLinearLeavesTheHeadOut() {
    assertThat(keys(BitFitConfig.builder().targetAllLinear()))
        .hasSize(4)
        .doesNotContain("lm_head.number");
  }
}
