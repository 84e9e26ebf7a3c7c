package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.TwoLayers.FIRST;
import static org.peft4j.TwoLayers.OUT;
import static org.peft4j.TwoLayers.biasOf;
import static org.peft4j.TwoLayers.output;
import static org.peft4j.testing.Plain.assertClose;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.AdapterView;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.testing.LayerCases;

/** One adapter as trainers and tools see it. */
class AdapterViewTest {
  private final PeftModel<MultiLayerNetwork> model =
      Peft.wrap(TwoLayers.network(), biasOf("first", "out"));
  private final AdapterView view = model.adapter("default");

  private static INDArray get(Map<String, INDArray> tensors, String key) {
    return Objects.requireNonNull(tensors.get(key));
  }

  private static Map<String, INDArray> values(double first, double out) {
    return Map.of(
        FIRST,
        Nd4j.createFromArray(new double[] {first, first}),
        OUT,
        Nd4j.createFromArray(new double[] {out, out}));
  }

  private void assertThatItSays(double first, double out) {
    assertClose(
        output(model), TwoLayers.output(new double[] {first, first}, new double[] {out, out}));
  }

  @Test
  void itHasNameConfigPartsAndTensors() {
    assertThat(view.name()).isEqualTo("default");
    assertThat(view.config()).isEqualTo(biasOf("first", "out"));
    assertThat(view.parts()).extracting(part -> part.site().name()).containsExactly("first", "out");
    assertThat(view.tensors().keySet()).containsExactly(FIRST, OUT);
  }

  @Test
  void tensorsAreViewsOfTheNetworksVector() {
    get(view.tensors(), FIRST).assign(4);
    assertThat(model.network().params().toDoubleVector()).containsExactly(4, 4, 0, 1);

    model.network().params().assign(5);
    assertThat(get(view.tensors(), OUT).toDoubleVector()).containsExactly(5, 5);
  }

  @Test
  void valuesSurviveInactivity() {
    get(view.tensors(), FIRST).assign(4);

    model.setActive();
    assertThat(get(view.tensors(), FIRST).toDoubleVector()).containsExactly(4, 4);
    get(view.tensors(), OUT).assign(6);
    model.setActive("default");

    assertThatItSays(4, 6);
  }

  @Test
  void gradientsAreThoseOfTheLastBackwardPass() {
    get(view.tensors(), FIRST).assign(0);
    get(view.tensors(), OUT).assign(0);
    MultiLayerNetwork network = model.network();
    network.setInput(TwoLayers.x());
    network.setLabels(TwoLayers.data().getLabels());
    network.computeGradientAndScore();

    // The mean over two outputs of their squares: what flows back is the output itself.
    double[][] y = TwoLayers.output(new double[2], new double[2]);
    double first = y[0][0] + y[1][0] + y[2][0];
    double second = y[0][1] + y[1][1] + y[2][1];
    assertClose(get(view.gradients(), OUT).reshape(1, 2), new double[][] {{first, second}});
    // Through W2 = [[1, 0], [1, -1]].
    assertClose(
        get(view.gradients(), FIRST).reshape(1, 2), new double[][] {{first, first - second}});
  }

  @Test
  void anInactiveAdapterHasNoGradients() {
    model.setActive();

    assertThatThrownBy(view::gradients)
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"default\" is not active, so it has no gradients. Activate it first.");
  }

  @Test
  void anAmendedConfigIsTheAdaptersAndChangesNothingElse() {
    PeftConfig amended =
        BitFitConfig.builder().targetModules("first", "out").baseModel("b").build();
    get(view.tensors(), FIRST).assign(4);

    view.amendConfig(amended);

    assertThat(model.config("default")).isEqualTo(amended);
    assertThat(get(view.tensors(), FIRST).toDoubleVector()).containsExactly(4, 4);
    assertThatThrownBy(() -> view.amendConfig(NormTuningConfig.builder().build()))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"default\" is of the method BITFIT, but the config is of LN_TUNING. Give a"
                + " config of the adapter's own method.");
    assertThat(view.config()).isEqualTo(amended);
  }

  @Test
  void redefiningGivesAnActiveAdapterOtherValuesAtOnce() {
    view.redefine(biasOf("first", "out"), values(4, 6));
    assertThat(model.active()).containsExactly("default");
    assertThatItSays(4, 6);

    view.redefine(biasOf("first"), Map.of(FIRST, get(values(7, 0), FIRST)));
    assertClose(output(model), TwoLayers.output(new double[] {7, 7}, TwoLayers.B2));
    assertThat(view.tensors()).containsOnlyKeys(FIRST);
    assertThat(model.network().numParams()).isEqualTo(2);
  }

  @Test
  void redefiningWithOtherTensorsChangesNothing() {
    view.redefine(biasOf("first", "out"), values(4, 6));

    assertThatThrownBy(() -> view.redefine(biasOf("first"), values(1, 1)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("unexpected base_model.model.out.b");
    assertThatThrownBy(() -> view.redefine(biasOf("nowhere"), values(1, 1)))
        .isInstanceOf(PeftException.class);

    assertThat(view.config()).isEqualTo(biasOf("first", "out"));
    assertThatItSays(4, 6);
  }

  @Test
  void redefiningAnActiveAdapterAsACopyOfWhatAnotherCopiesChangesNothing() {
    PeftModel<MultiLayerNetwork> two = TwoLayers.with("first", "out");
    Map<String, INDArray> both = values(4, 6);

    assertThatThrownBy(() -> two.adapter("first").redefine(biasOf("first", "out"), both))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("both have a copy of out.b");

    assertThat(two.config("first")).isEqualTo(biasOf("first"));
    assertClose(output(two), TwoLayers.output());
  }

  @Test
  void anInactiveAdapterMayCopyWhatAnActiveOneCopies() {
    PeftModel<MultiLayerNetwork> two = TwoLayers.with("first", "out");
    two.setActive("out");

    two.adapter("first").redefine(biasOf("first", "out"), values(4, 6));

    assertThat(two.active()).containsExactly("out");
    assertClose(output(two), TwoLayers.output());
    two.setActive("first");
    assertClose(output(two), TwoLayers.output(new double[] {4, 4}, new double[] {6, 6}));
  }

  @Test
  void whileEachRowHasAnAdapterAnActiveOneIsNotReplaced() {
    PeftModel<MultiLayerNetwork> tokens = TokenRowsInNetworkTest.model(1);
    AdapterView rows = tokens.adapter("default");
    Map<String, INDArray> values = Map.of(TokenRowsInNetworkTest.KEY, Nd4j.zeros(1, 2));

    try (AdapterScope scope = tokens.adapterOfEachRow(List.of("default", PeftModel.BASE))) {
      assertThatThrownBy(() -> rows.redefine(TokenRowsInNetworkTest.config(2), values))
          .isInstanceOf(PeftException.class)
          .hasMessage(
              "Each row has an adapter now; close that scope before replacing an active adapter.");
      assertThat(rows.config()).isEqualTo(TokenRowsInNetworkTest.config(1));
    }
    rows.redefine(TokenRowsInNetworkTest.config(2), values);
    assertThat(rows.config()).isEqualTo(TokenRowsInNetworkTest.config(2));
  }

  @Test
  void aViewOutlivesItsAdapterAsANameOnly() {
    model.delete("default");

    assertThat(view.name()).isEqualTo("default");
    for (Runnable call :
        List.<Runnable>of(view::config, view::parts, view::tensors, view::gradients)) {
      assertThatThrownBy(call::run)
          .isInstanceOf(PeftException.class)
          .hasMessage("No adapter \"default\". There are: [].");
    }
  }

  @Test
  void aViewFollowsTheNameToANewAdapter() {
    model.delete("default");
    model.addAdapter("default", biasOf("out"));

    assertThat(view.config()).isEqualTo(biasOf("out"));
    assertThat(view.tensors()).containsOnlyKeys(OUT);
  }

  @Test
  void normalisationsHaveAGainAndABias() {
    PeftModel<MultiLayerNetwork> norms =
        Peft.wrap(
            LayerCases.named("batch norm").base(),
            NormTuningConfig.builder().targetModules("layer").build());

    assertThat(norms.adapter("default").tensors().keySet())
        .contains(
            "base_model.model.layer.ln_tuning_layers.gamma",
            "base_model.model.layer.ln_tuning_layers.beta");
  }
}
