package org.peft4j.internal.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.ModelOutline;
import org.peft4j.plan.PlannedTensor;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.LayerCases;
import org.peft4j.token.TokenTuningConfig;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/** The sites of a model whose head of 5 tokens is its table, and plans of it without arrays. */
class ModelSitesTest {
  private static final SiteParameter ROWS = SiteParameter.weight("weight", 5, 2);
  private static final SiteParameter BIAS = SiteParameter.bias("bias", 2);
  private static final Site TABLE = Site.embedding("wte", "wte", 5, 2, List.of(ROWS));
  private static final Site MAP =
      Site.linear("fc", "fc", 2, 2, List.of(SiteParameter.weight("weight", 2, 2), BIAS));
  private static final Site HEAD =
      Site.linear("lm_head", "lm_head", 2, 5, List.of(ROWS)).as(SiteRole.HEAD);
  private static final FrozenWeight SHARED = weight(5, 2);

  /** A layer with one site, its weights outside of Deeplearning4j's vector. */
  private record Part(Site site, Map<String, FrozenWeight> weights, boolean typed)
      implements OriginalPart {
    @Override
    public List<Site> sites() {
      return List.of(site);
    }

    @Override
    public FrozenWeight frozen(Site of, String parameter) {
      return Objects.requireNonNull(weights.get(parameter));
    }

    @Override
    public Optional<String> modelType() {
      return typed ? Optional.of("gpt") : Optional.empty();
    }

    @Override
    public boolean external() {
      return true;
    }
  }

  private static FrozenWeight weight(long... shape) {
    return DenseWeight.of(Nd4j.zeros(DataType.FLOAT, shape));
  }

  private static ModelSites sites() {
    Map<String, OriginalPart> parts = new LinkedHashMap<>();
    parts.put("embed", new Part(TABLE, Map.of("weight", SHARED), false));
    parts.put("map", new Part(MAP, Map.of("weight", weight(2, 2), "bias", weight(2)), false));
    parts.put("head", new Part(HEAD, Map.of("weight", SHARED), true));
    return new ModelSites(parts);
  }

  private static ModelOutline outline() {
    return new ModelOutline(
        List.of(TABLE, MAP, HEAD), Set.of("lm_head"), Optional.of("gpt"), 16, 64, DataType.FLOAT);
  }

  @Test
  void sitesAndTypeAreThoseOfTheLayers() {
    assertThat(sites().all()).containsExactly(TABLE, MAP, HEAD);
    assertThat(sites().modelType()).contains("gpt");
  }

  @Test
  void aWeightIsThatOfItsSite() {
    assertThat(sites().parameter(HEAD, "weight")).isSameAs(SHARED);
    assertThat(sites().weight(TABLE)).isSameAs(SHARED);
    Site other = Site.linear("other", "other", 2, 2, List.of());
    assertThatThrownBy(() -> sites().parameter(other, "weight"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No site other in this model.");
  }

  @Test
  void sitesWithTheSameWeightAreTied() {
    assertThat(sites().tiedTo(TABLE)).containsExactly(HEAD);
    assertThat(sites().tiedTo(HEAD)).containsExactly(TABLE);
    assertThat(sites().tiedTo(MAP)).isEmpty();
  }

  @Test
  void aTiedWeightCountsOnce() {
    // A network of another size: what its vector holds does not matter for weights outside of it.
    MultiLayerNetwork base = LayerCases.named("dense").base();
    long elements = 5 * 2 + 2 * 2 + 2;

    assertThat(sites().baseCount(base.numParams())).isEqualTo(elements);
    assertThat(sites().baseBytes(base.numParams(), DataType.DOUBLE)).isEqualTo(4 * elements);
  }

  @Test
  void aPlanNeedsNoValues() {
    NoValues none = new NoValues(List.of(TABLE, MAP, HEAD), Set.of("lm_head"));

    assertThat(none.tiedTo(TABLE)).containsExactly(HEAD);
    assertThat(none.tiedTo(HEAD)).containsExactly(TABLE);
    assertThat(none.tiedTo(MAP)).isEmpty();
    assertThatThrownBy(() -> none.parameter(MAP, "weight"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("A plan has no values; asked for fc.weight.");
  }

  @Test
  void trainedRowsOfATiedTableTrainOnceAndTheirHeadHasNothingOfItsOwn() {
    TokenTuningConfig config =
        TokenTuningConfig.builder().targetModules("wte").tokenIndices(1, 4).build();

    AdapterPlan plan = Plans.of(outline(), config);

    assertThat(plan.sites()).containsExactly(TABLE, HEAD);
    assertThat(plan.adapters().get(0).tensors())
        .containsExactly(
            new PlannedTensor("base_model.model.wte.trainable_tokens_delta", List.of(2L, 2L)));
    assertThat(plan.adapters().get(1).tensors()).isEmpty();
    assertThat(plan.parameters()).isEqualTo(new TrainableParameters(4, 16 + 4));
  }

  @Test
  void copiesOfBiasesAreNoMoreParametersAndOtherCopiesAre() {
    AdapterPlan biases = Plans.of(outline(), BitFitConfig.builder().build());
    AdapterPlan whole =
        Plans.of(
            outline(), BitFitConfig.builder().targetModules("fc").modulesToSave("wte").build());

    assertThat(biases.parameters()).isEqualTo(new TrainableParameters(2, 16));
    assertThat(whole.parameters()).isEqualTo(new TrainableParameters(12, 16 + 10));
    assertThat(whole.memory().adapters()).isEqualTo(12 * 4);
    assertThat(whole.memory().weights()).isEqualTo(64);
  }
}
