package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.internal.graft.SmallAdapters.graft;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SmallAdapters.Part;
import org.peft4j.internal.graft.SmallAdapters.Penalised;
import org.peft4j.internal.graft.SmallAdapters.Scale;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Int8Weight;
import org.peft4j.testing.Values;
import org.peft4j.weight.DenseWeight;

/** The grafts at one site, and those of all sites of a layer. */
class SiteGraftsTest {
  private static final SiteParameter WEIGHT = SiteParameter.weight("weight", 2, 3);
  private static final SiteParameter BIAS = SiteParameter.bias("bias", 2);
  private static final Site SITE = Site.linear("map", "map", 3, 2, List.of(WEIGHT, BIAS));
  private static final Site OTHER = Site.linear("other", "other", 3, 2, List.of());

  private final SharedState shared = SharedState.of(1);
  private final INDArray frozen = Values.random(1, 2);

  private Graft biasCopy(String name) {
    return graft(name, new TrainableCopy(SITE, List.of(BIAS), "", p -> DenseWeight.of(frozen)), 5);
  }

  private SiteGrafts at(Graft... grafts) {
    return new SiteGrafts(SITE, List.of(grafts), shared);
  }

  @Test
  void aTrainableCopyReplacesTheFrozenParameterWhileItActs() {
    Graft copy = biasCopy("default");
    INDArray values = copy.parameters().get("bias");
    SiteGrafts site = at(graft("default", new Part(SITE), 3), copy);

    assertThat(site.parameter("bias", frozen)).isSameAs(values);
    assertThat(site.vector("bias", DenseWeight.of(frozen))).isSameAs(values);
    assertThat(site.gradient("bias")).isSameAs(copy.gradients().get("bias"));
    assertThat(site.parameter("weight", frozen)).isSameAs(frozen);
    assertThat(site.gradient("weight")).isNull();

    shared.activity().disable(1);
    assertThat(site.parameter("bias", frozen)).isSameAs(frozen);
    assertThat(site.vector("bias", DenseWeight.of(frozen))).isSameAs(frozen);
    assertThat(site.gradient("bias")).isNull();
  }

  @Test
  void aParameterThatTheModuleLacksStaysAway() {
    assertThat(at(biasCopy("default")).optionalParameter("bias", null)).isNull();
  }

  @Test
  void aVectorThatIsNotHeldAsAnArrayIsRefusedWithTheWayOut() {
    INDArray row = Values.random(1, 1, 2);
    assertThatThrownBy(() -> at().vector("bias", Int8Weight.of(DenseWeight.of(row))))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "map.bias is held in INT8, but is needed as an array. Hold vectors in FP32, and"
                + " matrices only in INT8.");
  }

  @Test
  void aSiteActsIfOneOfItsAdaptersDoes() {
    SiteGrafts site = at(graft("a", new Part(SITE), 3), graft("b", new Part(SITE), 4));

    shared.activity().setMerged(Set.of("a"));
    assertThat(site.acts()).isTrue();
    assertThat(site.acting()).extracting(Graft::adapterName).containsExactly("b");
    shared.activity().setMerged(Set.of("a", "b"));
    assertThat(site.acts()).isFalse();
    assertThat(site.all()).hasSize(2);
    assertThat(SiteGrafts.none(SITE).acts()).isFalse();
  }

  @Test
  void gradientsCanBeZeroedWhereNoneArrives() {
    Graft part = graft("a", new Part(SITE), 3);
    at(part, biasCopy("a")).zeroGradients();
    assertThat(part.gradients().get("C")).isEqualTo(Values.zeros(2, 3));
  }

  @Test
  void aGraftWithoutRoomForGradientsSaysWhatToCall() {
    Adapter part = new Part(SITE);
    Graft graft = new Graft("a", part, Values.random(1, part.parameters()));
    assertThatThrownBy(graft::gradients)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("No gradient arrays at map: call initGradientsView() first.");

    Tensors room = Values.room(graft.parameters());
    graft.setGradients(room);
    assertThat(graft.gradients()).isSameAs(room);
    graft.setGradients(null);
    assertThatThrownBy(graft::gradients).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anAdapterWithoutParametersNeedsNoRoom() {
    Tensors none = new Tensors(Map.of());
    Graft graft =
        new Graft("a", new TrainableCopy(SITE, List.of(), "", p -> DenseWeight.of(frozen)), none);
    assertThat(graft.gradients()).isSameAs(none);
  }

  @Test
  void aParameterKeyHasNoUnderscoreBecauseDeeplearning4jSplitsAtTheLastOne() {
    Site deep = Site.linear("self_attn.q_proj", "self_attn.q_proj", 3, 2, List.of());
    Slot slot = new Slot("my_adapter", new Part(deep), new Tensors(Map.of()));

    ParameterSpec spec = slot.adapter().parameters().get(0);
    assertThat(slot.key(spec)).isEqualTo("self-attn.q-proj.C.my-adapter");
    assertThat(slot.count()).isEqualTo(6);
  }

  @Test
  void aLayerFindsItsGraftsBySite() {
    Graft part = graft("a", new Part(SITE), 3);
    LayerGrafts layer = layer(at(part), SiteGrafts.none(OTHER));

    assertThat(layer.all()).containsExactly(part);
    assertThat(layer.at("map").all()).containsExactly(part);
    assertThat(layer.has("map")).isTrue();
    assertThat(layer.has("maps")).isFalse();
    assertThatThrownBy(() -> layer.at("maps"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No site maps in this layer. There are: [map, other].");
  }

  private LayerGrafts layer(SiteGrafts... sites) {
    return new LayerGrafts(List.of(sites), shared, new Nd4jKernels(), true);
  }

  @Test
  void aLayerTrainsWhereItHasGraftsWhetherTheyActOrNot() {
    LayerGrafts layer = layer(at(graft("a", new Part(SITE), 3)), SiteGrafts.none(OTHER));
    shared.activity().disable(1);

    assertThat(layer.acts()).isFalse();
    assertThat(layer.trains()).isTrue();
    assertThat(layer.trainsAt(List.of(SITE))).isTrue();
    assertThat(layer.trainsAt(List.of(OTHER))).isFalse();
    assertThat(layer.inputGradientNeeded()).isTrue();
    LayerGrafts none = LayerGrafts.none(List.of(SITE), new Nd4jKernels());
    assertThat(none.trains()).isFalse();
    assertThat(none.inputGradientNeeded()).isFalse();
  }

  @Test
  void onlyScalesOfTheOutputScaleOutputs() {
    assertThat(layer(at(graft("a", new Scale(SITE, false), 3))).scaleOutputs()).isTrue();
    assertThat(layer(at(graft("a", new Scale(SITE, true), 3))).scaleOutputs()).isFalse();
    assertThat(layer(at(graft("a", new Part(SITE), 3))).scaleOutputs()).isFalse();
  }

  @Test
  void penaltiesOfActingAdaptersAddUpWithTheirGradients() {
    Graft first = graft("a", new Penalised(SITE), 3);
    Graft second = graft("b", new Penalised(SITE), 4);
    LayerGrafts layer = layer(at(first, second));
    INDArray c = first.parameters().get("d");
    INDArray d = second.parameters().get("d");

    assertThat(layer.penalty()).isEqualTo(Values.inner(c, c) + Values.inner(d, d));
    layer.addPenaltyGradients(5);
    assertThat(first.gradients().get("d")).isEqualTo(c.mul(10).add(99));

    shared.activity().setMerged(Set.of("a"));
    assertThat(layer.penalty()).isEqualTo(Values.inner(d, d));
    shared.activity().disable(1);
    assertThat(layer.penalty()).isZero();
  }
}
