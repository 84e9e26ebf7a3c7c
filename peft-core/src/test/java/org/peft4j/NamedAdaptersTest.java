package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.TwoLayers.biasOf;
import static org.peft4j.TwoLayers.output;
import static org.peft4j.TwoLayers.set;
import static org.peft4j.testing.Plain.assertClose;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.method.Combination;
import org.peft4j.method.Combination.Type;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.site.Site;
import org.peft4j.testing.LayerCases;

/** Adapters come and go by name; which of them act is another question. */
class NamedAdaptersTest {
  private static final double[] B = {10, 20};

  private final PeftModel<MultiLayerNetwork> model = TwoLayers.with("first", "out");

  @Test
  void aModelBeginsWithOneActiveAdapter() {
    PeftModel<MultiLayerNetwork> wrapped = Peft.wrap(TwoLayers.network(), biasOf("first"));

    assertThat(wrapped.adapters()).containsExactly("default");
    assertThat(wrapped.active()).containsExactly("default");
    assertThat(wrapped.config("default")).isEqualTo(biasOf("first"));
    assertThat(Peft.bare(TwoLayers.network(), 1).adapters()).isEmpty();
  }

  @Test
  void anAddedAdapterWaitsToBeActivated() {
    model.addAdapter("third", biasOf("first"));

    assertThat(model.adapters()).containsExactly("first", "out", "third");
    assertThat(model.active()).containsExactly("first", "out");
  }

  @Test
  void activeOnesActTogetherAndOthersNotAtAll() {
    set(model, "first", B);
    set(model, "out", -1, -2);

    assertClose(output(model), TwoLayers.output(B, new double[] {-1, -2}));
    model.setActive("first");
    assertClose(output(model), TwoLayers.output(B, TwoLayers.B2));
    model.setActive("out");
    assertClose(output(model), TwoLayers.output(TwoLayers.B1, new double[] {-1, -2}));
    model.setActive();
    assertClose(output(model), TwoLayers.output());
    assertThat(model.network().numParams()).isZero();
  }

  @Test
  void anAdapterThatIsNamedTwiceIsActiveOnce() {
    model.setActive("out", "first", "out");

    assertThat(model.active()).containsExactly("out", "first");
  }

  @Test
  void adaptedSitesAreThoseOfActiveAdapters() {
    assertThat(model.adaptedSites()).extracting(Site::name).containsExactly("first", "out");
    model.setActive("out");
    assertThat(model.adaptedSites()).extracting(Site::name).containsExactly("out");
    assertThat(model.sites()).extracting(Site::name).contains("first", "out");
  }

  @Test
  void theNetworkStaysTheSameObject() {
    MultiLayerNetwork network = model.network();

    model.setActive("out");
    model.delete("first");

    assertThat(model.network()).isSameAs(network);
  }

  @Test
  void aDeletedAdapterLeavesOtherActiveOnesActive() {
    set(model, "out", B);

    model.delete("first");

    assertThat(model.adapters()).containsExactly("out");
    assertThat(model.active()).containsExactly("out");
    assertClose(output(model), TwoLayers.output(TwoLayers.B1, B));
    assertThatCode(() -> model.addAdapter("first", biasOf("out"))).doesNotThrowAnyException();
  }

  @Test
  void aClosedModelHasNoAdaptersAndTheBaseGoesOn() {
    MultiLayerNetwork base = model.base();

    model.close();
    model.close();

    assertThat(model.adapters()).isEmpty();
    assertThat(model.active()).isEmpty();
    assertClose(base.output(TwoLayers.x()), TwoLayers.output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "my-adapter_2", "0", "A"})
  void aNameIsOfLettersDigitsAndDashes(String name) {
    assertThatCode(() -> model.addAdapter(name, biasOf("out"))).doesNotThrowAnyException();
    assertThatCode(() -> model.addAdapter("x".repeat(100), biasOf("out")))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "_a", "-a", "a b", "a/b", "..", "a.b", "ä", "a\n"})
  void otherNamesAreRefusedForTheyBecomeFolders(String name) {
    assertThatThrownBy(() -> model.addAdapter(name, biasOf("out")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter name \""
                + name
                + "\" is not allowed: letters, digits, _ and -, at most 100, a letter or digit"
                + " first.");
    assertThat(model.adapters()).containsExactly("first", "out");
  }

  @Test
  void aNameOfMoreThanAHundredLettersIsRefused() {
    assertThatThrownBy(() -> model.addAdapter("x".repeat(101), biasOf("out")))
        .hasMessageContaining("at most 100");
  }

  @Test
  void aTakenNameIsRefused() {
    assertThatThrownBy(() -> model.addAdapter("out", biasOf("out")))
        .isInstanceOf(PeftException.class)
        .hasMessage("Adapter \"out\" exists already. Delete it first, or choose another name.");
  }

  @Test
  void anUnknownNameIsToldWithThoseThatThereAre() {
    String message = "No adapter \"otu\". There are: [first, out].";

    assertThatThrownBy(() -> model.setActive("otu")).hasMessage(message);
    assertThatThrownBy(() -> model.setActive("out", "otu")).hasMessage(message);
    assertThatThrownBy(() -> model.delete("otu")).hasMessage(message);
    assertThatThrownBy(() -> model.config("otu")).hasMessage(message);
    assertThatThrownBy(() -> model.adapter("otu")).hasMessage(message);
    assertThatThrownBy(() -> model.merged(List.of("otu"))).hasMessage(message);
    assertThat(model.active()).containsExactly("first", "out");
  }

  @Test
  void twoCopiesOfOneParameterCannotActTogether() {
    model.addAdapter("again", biasOf("out"));

    assertThatThrownBy(() -> model.setActive("out", "again"))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapters \"out\" and \"again\" both have a copy of out.b; only one of them can be"
                + " active. Train one with bias none and without modules_to_save, or activate one at"
                + " a time.");
    assertThat(model.active()).containsExactly("first", "out");
  }

  @Test
  void aConfigThatIsImpossibleHereAddsNothing() {
    assertThatThrownBy(() -> model.addAdapter("third", biasOf("frist")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Target \"frist\" matches no site of this model. Nearest: first");
    assertThat(model.adapters()).containsExactly("first", "out");
  }

  @Test
  void anAdapterCanBeMadeOfValuesWhichAreCopied() {
    INDArray values = Nd4j.createFromArray(B);
    model.addAdapter("given", biasOf("first"), Map.of(TwoLayers.FIRST, values));

    values.assign(0);
    model.setActive("given");

    assertClose(output(model), TwoLayers.output(B, TwoLayers.B2));
  }

  @Test
  void valuesOfOtherTensorsAreAllTold() {
    Map<String, INDArray> values = Map.of(TwoLayers.FIRST, Nd4j.zeros(3), "more", Nd4j.zeros(1, 2));

    assertThatThrownBy(() -> model.addAdapter("given", biasOf("first", "out"), values))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("These values are not those of adapter \"given\": ")
        .hasMessageContainingAll(
            "base_model.model.first.b has the shape [3]; needed: [2]",
            "missing base_model.model.out.b",
            "unexpected more");
    assertThat(model.adapters()).doesNotContain("given");
  }

  @Test
  void aSumNeedsAWeightForEachAdapter() {
    Combination linear = Combination.of(Type.LINEAR);

    assertThatThrownBy(
            () -> model.addWeightedAdapter(List.of("first", "out"), List.of(1.0), "sum", linear))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "There are 2 adapters and 1 weights; give one weight for each adapter, and one adapter"
                + " at least.");
    assertThatThrownBy(() -> model.addWeightedAdapter(List.of(), List.of(), "sum", linear))
        .hasMessageStartingWith("There are 0 adapters and 0 weights");
    assertThatThrownBy(
            () -> model.addWeightedAdapter(List.of("out"), List.of(Double.NaN), "sum", linear))
        .hasMessage("A weight is NaN; allowed: finite numbers.");
  }

  @Test
  void aSumIsOfOneMethodThatCanAdd() {
    PeftModel<MultiLayerNetwork> norms =
        Peft.wrap(LayerCases.named("batch norm").base(), biasOf("below"));
    norms.addAdapter("norm", NormTuningConfig.builder().targetModules("layer").build());
    Combination linear = Combination.of(Type.LINEAR);

    assertThatThrownBy(
            () ->
                norms.addWeightedAdapter(
                    List.of("default", "norm"), List.of(1.0, 1.0), "sum", linear))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("only adapters of one method can be combined");
    assertThatThrownBy(() -> model.addWeightedAdapter(List.of("out"), List.of(1.0), "out", linear))
        .hasMessageContaining("exists already");
    assertThatThrownBy(() -> model.addWeightedAdapter(List.of("out"), List.of(1.0), "sum", linear))
        .hasMessage("Adapters of the method BITFIT cannot be combined.");
  }
}
