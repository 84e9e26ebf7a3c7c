package org.peft4j.internal.adapted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.adapter.Adapter;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.graft.SmallAdapters.Part;
import org.peft4j.internal.graft.SmallAdapters.Penalised;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.testing.NetworkSlopes;
import org.peft4j.testing.Values;

/** A network of the layers first, second, third and out, with adapters at the second. */
class AdaptedLayerTest {
  private static final LayerWorkspaceMgr NONE = LayerWorkspaceMgr.noWorkspaces();
  private static final int ROWS = 4;

  private final INDArray x = Values.random(1, ROWS, 3);
  private final MultiLayerNetwork base = base(0);
  private final SharedState shared = SharedState.of(1);
  private final WrappedNetwork wrapped = WrappedNetwork.of(base, shared, new Nd4jKernels());

  private static MultiLayerNetwork base(double l2) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .activation(Activation.TANH)
                .list()
                .layer(new DenseLayer.Builder().name("first").nOut(3).build())
                .layer(new DenseLayer.Builder().name("second").nOut(3).l2(l2).build())
                .layer(new DenseLayer.Builder().name("third").nOut(3).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MSE)
                        .name("out")
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build())
                .setInputType(InputType.feedForward(3))
                .build());
    network.init();
    return network;
  }

  private static Slot slot(
      WrappedNetwork model, String layer, String name, Function<Site, Adapter> adapter) {
    Site site = Objects.requireNonNull(model.originals().get(layer)).sites().get(0);
    Adapter made = adapter.apply(site);
    return new Slot(name, made, Values.random(7, made.parameters()));
  }

  private AdaptedLayer withPart(String layer) {
    wrapped.activate(List.of(slot(wrapped, "second", "default", Part::new)));
    wrapped.network().initGradientsView();
    return (AdaptedLayer) wrapped.network().getLayer(layer);
  }

  private static INDArray vector(AdaptedLayer layer) {
    return Objects.requireNonNull(layer.params());
  }

  private static DataSet data(INDArray features) {
    return new DataSet(features, Values.random(2, ROWS, 2));
  }

  @Test
  void aLayersParametersAreThoseOfItsAdaptersInTheNetworksVector() {
    AdaptedLayer second = withPart("second");

    assertThat(wrapped.network().numParams()).isEqualTo(9);
    assertThat(second.numParams()).isEqualTo(9);
    assertThat(second.paramTable()).containsOnlyKeys("second.C.default");
    assertThat(wrapped.network().getLayer("third").numParams()).isZero();
    INDArray c = Objects.requireNonNull(second.getParam("second.C.default"));
    assertThat(c.shape()).containsExactly(3, 3);
    wrapped.network().params().assign(5);
    assertThat(c).isEqualTo(Values.zeros(3, 3).addi(5));
  }

  @Test
  void parametersAreSetByKey() {
    AdaptedLayer second = withPart("second");
    INDArray value = Values.random(4, 3, 3);

    second.setParam("second.C.default", value);
    assertThat(vector(second).reshape(3, 3)).isEqualTo(value);
    second.update(value, "second.C.default");
    assertThat(vector(second).reshape(3, 3)).isEqualTo(value.mul(2));
    second.setParams(value.reshape(1, 9));
    assertThat(second.getParam("second.C.default")).isEqualTo(value);
    assertThatThrownBy(() -> second.setParam("W", value))
        .isInstanceOf(PeftException.class)
        .hasMessage("No parameter \"W\" here. There are: [second.C.default].");
  }

  @Test
  void whereNothingTrainsHereOrBelowTheBackwardPassIsLeftOut() {
    AdaptedLayer first = withPart("first");
    first.setInput(x, NONE);
    INDArray broken = Values.zeros(ROWS, 3).assign(Double.NaN);

    Pair<Gradient, INDArray> result = first.backpropGradient(broken, NONE);

    assertThat(first.grafts().inputGradientNeeded()).isFalse();
    assertThat(result.getFirst().gradientForVariable()).isEmpty();
    assertThat(result.getSecond()).isEqualTo(Values.zeros(ROWS, 3));
  }

  @Test
  void aboveAnAdapterTheGradientFlowsThroughTheFrozenLayer() {
    AdaptedLayer third = withPart("third");
    base.initGradientsView();
    Layer stock = base.getLayer("third");
    INDArray upper = Values.random(5, ROWS, 3);
    for (Layer layer : List.of(third, stock)) {
      layer.setInput(x.dup(), NONE);
      layer.activate(true, NONE);
    }

    Pair<Gradient, INDArray> result = third.backpropGradient(upper.dup(), NONE);

    assertThat(third.grafts().inputGradientNeeded()).isTrue();
    assertThat(result.getFirst().gradientForVariable()).isEmpty();
    assertThat(result.getSecond()).isEqualTo(stock.backpropGradient(upper.dup(), NONE).getSecond());
  }

  @Test
  void gradientsLieInTheNetworksVector() {
    AdaptedLayer second = withPart("second");
    wrapped.network().setInput(x);
    wrapped.network().setLabels(data(x).getLabels());
    wrapped.network().computeGradientAndScore();

    INDArray flat = wrapped.network().getFlattenedGradients();
    INDArray gradient = second.gradient().getGradientFor("second.C.default");
    assertThat(gradient).isEqualTo(flat.reshape(3, 3));
    assertThat(gradient.amaxNumber().doubleValue()).isPositive();
    assertThat(Objects.requireNonNull(second.getGradientsViewArray()).length()).isEqualTo(9);
  }

  @Test
  void adaptersThatDoNotActCannotTrain() {
    AdaptedLayer second = withPart("second");
    second.setInput(x, NONE);
    INDArray upper = Values.random(5, ROWS, 3);

    shared.activity().disable(1);
    assertThatThrownBy(() -> second.backpropGradient(upper, NONE))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Training needs the adapters, but they are disabled now. Close that scope first.");
    shared.activity().disable(-1);
    shared.activity().setMerged(Set.of("default"));
    assertThatThrownBy(() -> second.backpropGradient(upper, NONE))
        .hasMessageContaining("they are merged now");
    shared.activity().setMerged(Set.of());
    shared.activity().setRows(List.of("default", "base", "base", "default"));
    assertThatThrownBy(() -> second.backpropGradient(upper, NONE))
        .hasMessage(
            "Each row of a batch has its own adapter now, which is for inference only. Close that"
                + " scope before training.");
  }

  @Test
  void theFirstTensorWhoseGradientIsNotFiniteIsNamed() {
    INDArray vector = Values.zeros(1, 4);
    Map<String, INDArray> byName = new LinkedHashMap<>();
    byName.put("a", vector.get(NDArrayIndex.point(0), NDArrayIndex.interval(0, 2)));
    byName.put("b", vector.get(NDArrayIndex.point(0), NDArrayIndex.interval(2, 4)));

    AdapterGradients.requireFinite(null, Map.of(), List.of(), 7);
    AdapterGradients.requireFinite(vector, byName, List.of(), 7);
    vector.putScalar(3, Double.POSITIVE_INFINITY);
    assertThatThrownBy(() -> AdapterGradients.requireFinite(vector, byName, List.of(), 7))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith("Step 7: the gradient of b is not finite.");
  }

  /** The score of a layer is {@code l2/2·Σ C²} with the original's l2, and the penalties. */
  @Test
  void regularisationIsThatOfTheOriginalAndPenaltiesAreAdded() {
    WrappedNetwork model = WrappedNetwork.of(base(0.4), shared, new Nd4jKernels());
    Slot part = slot(model, "second", "default", Part::new);
    Slot penalised = slot(model, "second", "default", Penalised::new);
    model.activate(List.of(part, penalised));

    INDArray c = part.values().get("C");
    INDArray d = penalised.values().get("d");
    double expected = 0.2 * (Values.inner(c, c) + Values.inner(d, d)) + Values.inner(d, d);
    assertThat(model.network().getLayer("second").calcRegularizationScore(true))
        .isCloseTo(expected, within(1e-12));
    assertThat(model.network().getLayer("third").calcRegularizationScore(true)).isZero();
  }

  @Test
  void thePenaltysGradientIsInTheGradientOfTheLoss() {
    wrapped.activate(
        List.of(
            slot(wrapped, "second", "default", Part::new),
            slot(wrapped, "second", "default", Penalised::new)));
    NetworkSlopes.assertGradients(wrapped.network(), data(x));
  }

  @Test
  void aConfigurationWithoutItsBaseModelSaysWhatToDo() {
    withPart("second");
    String json = wrapped.network().getLayerWiseConfigurations().toJson();
    String key = conf("second").context().key();
    String unknown = json.replace(key, "another-process");

    assertThat(json).contains(key);
    MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(unknown);
    assertThatThrownBy(() -> new MultiLayerNetwork(read).init())
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "This network holds adapters only; its base model (another-process) is not loaded in"
                + " this process. Load the base model and open a saved adapter on it with"
                + " Peft.load.");
  }

  private AdaptedLayerConf conf(String layer) {
    return (AdaptedLayerConf) wrapped.network().getLayer(layer).conf().getLayer();
  }

  @Test
  void configurationsAreEqualIfTheyAreOfTheSameLayerOfTheSameModel() {
    AdaptedLayerConf second = conf("second");
    AdaptedLayerConf clone = (AdaptedLayerConf) second.clone();
    assertThat(clone).isEqualTo(second).hasSameHashCodeAs(second).isNotEqualTo(conf("third"));
    clone.setUpdater(new Sgd(9));
    assertThat(clone).isNotEqualTo(second);
    WrappedNetwork other = WrappedNetwork.of(base, shared, new Nd4jKernels());
    assertThat(other.network().getLayer("second").conf().getLayer()).isNotEqualTo(second);
  }

  @Test
  void slotsComeInTheOrderOfTheLayersSitesAndThenOfActivation() {
    Slot second = slot(wrapped, "second", "b", Part::new);
    Slot again = slot(wrapped, "second", "a", Part::new);
    Slot first = slot(wrapped, "first", "b", Part::new);
    wrapped.activate(List.of(second, first, again));
    AdapterContext context = conf("second").context();

    assertThat(context.slots("second")).containsExactly(second, again);
    assertThat(context.slots("first")).containsExactly(first);
    assertThat(context.count("second")).isEqualTo(18);
    assertThatThrownBy(() -> context.slots("fourth"))
        .isInstanceOf(PeftException.class)
        .hasMessage("The base model has no layer \"fourth\". It has: [first, second, third, out].");
    List<String> keys = new ArrayList<>(wrapped.network().paramTable().keySet());
    assertThat(keys).containsExactly("0_first.C.b", "1_second.C.b", "1_second.C.a");
  }
}
