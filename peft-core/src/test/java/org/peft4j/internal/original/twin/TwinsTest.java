package org.peft4j.internal.original.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.gradient.Gradient;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.SmallAdapters;
import org.peft4j.internal.graft.SmallAdapters.Gain;
import org.peft4j.internal.graft.SmallAdapters.Part;
import org.peft4j.internal.graft.SmallAdapters.Rows;
import org.peft4j.internal.graft.SmallAdapters.Scale;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

/** Each twin against the layer of Deeplearning4j whose arrays it runs on. */
class TwinsTest {
  static Stream<LayerCase> linear() {
    return Stream.of(
            "dense",
            "dense without bias",
            "dense with layer norm",
            "output",
            "center loss",
            "rnn output",
            "rnn output, batch-time-features",
            "rnn output with masks")
        .map(LayerCases::named);
  }

  static Stream<LayerCase> embeddings() {
    return Stream.of(
            "embedding",
            "embedding sequence",
            "embedding sequence without bias",
            "embedding sequence, batch-time-features, masked")
        .map(LayerCases::named);
  }

  static Stream<LayerCase> all() {
    return Stream.concat(linear(), embeddings());
  }

  /** The same layers with Deeplearning4j's own dropout of the input, and of weights. */
  private static LayerCase noisy(LayerCase sort, boolean weights) {
    var layers = new org.deeplearning4j.nn.conf.layers.Layer[sort.layers().length];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = sort.layers()[i].clone();
      if (layers[i] instanceof BaseLayer layer && sort.target().equals(layer.getLayerName())) {
        layer.setIDropout(new Dropout(0.6));
        layer.setWeightNoise(weights ? new DropConnect(0.7) : null);
      }
    }
    return new LayerCase(
        sort.name(),
        sort.target(),
        sort.inputType(),
        sort.x(),
        sort.y(),
        sort.xMask(),
        sort.yMask(),
        layers);
  }

  static Stream<LayerCase> plainAndNoisy() {
    return Stream.concat(all(), linear().map(sort -> noisy(sort, true)));
  }

  static Stream<LayerCase> plainAndDropping() {
    return Stream.concat(all(), linear().map(sort -> noisy(sort, false)));
  }

  @ParameterizedTest
  @MethodSource("all")
  void itRunsOnTheArraysOfTheBaseModel(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Layer twin = pair.twin(true);

    assertThat(twin.paramTable()).containsOnlyKeys(pair.stock.paramTable().keySet());
    twin.paramTable()
        .forEach(
            (key, array) ->
                assertThat(array.data().address())
                    .isEqualTo(Objects.requireNonNull(pair.stock.getParam(key)).data().address()));
    assertThat(twin.getIndex()).isEqualTo(pair.stock.getIndex());
  }

  @ParameterizedTest
  @MethodSource("plainAndNoisy")
  void withoutAdaptersItsActivationsAreBitEqual(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Layer twin = pair.twin(true);

    assertThat(pair.activate(twin, false)).isEqualTo(pair.activate(pair.stock, false));
    pair.stock.clearNoiseWeightParams();
    assertThat(pair.activate(twin, true)).isEqualTo(pair.activate(pair.stock, true));
  }

  /** The copies' values are the frozen ones, so that their gradients are the stock layer's. */
  @ParameterizedTest
  @MethodSource("plainAndDropping")
  void copiesOfAllParametersHaveTheGradientsOfTheStockLayer(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Graft copies = pair.copies();
    Layer twin = pair.twin(true, copies);

    Pair<Gradient, INDArray> expected = pair.backward(pair.stock);
    Pair<Gradient, INDArray> actual = pair.backward(twin);

    copies
        .gradients()
        .asMap()
        .forEach((key, gradient) -> assertClose(gradient, gradient(expected, key)));
    assertThat(actual.getFirst().gradientForVariable()).isEmpty();
    if (expected.getSecond() == null) {
      assertThat(actual.getSecond()).isNull();
    } else {
      assertClose(actual.getSecond(), expected.getSecond());
    }
  }

  private static INDArray gradient(Pair<Gradient, INDArray> result, String key) {
    return Objects.requireNonNull(result.getFirst().getGradientFor(key), key);
  }

  private static void assertClose(INDArray actual, INDArray expected) {
    INDArray difference = actual.sub(expected.reshape(actual.shape()));
    assertThat(difference.amaxNumber().doubleValue()).isCloseTo(0, within(1e-12));
    assertThat(expected.amaxNumber().doubleValue()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("linear")
  void everyAdapterBesideTheProductHasTheRightGradient(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    assertSlopes(
        pair,
        new Part(pair.site),
        new Scale(pair.site, true),
        new Scale(pair.site, false),
        new Gain(pair.site));
  }

  @ParameterizedTest
  @MethodSource("embeddings")
  void anAdapterBesideTheLookupHasTheRightGradient(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    assertSlopes(pair, new Rows(pair.site));
  }

  private static void assertSlopes(LayerPair pair, Adapter... adapters) {
    Graft[] grafts =
        Stream.of(adapters)
            .map(adapter -> SmallAdapters.graft("default", adapter, 5 + adapter.hashCode() % 7))
            .toArray(Graft[]::new);
    Layer twin = pair.twin(true, grafts);
    INDArray dx = pair.backward(twin).getSecond();

    DoubleSupplier loss = () -> pair.loss(twin);
    for (Graft graft : grafts) {
      CentralDifferences.assertGradients(graft.parameters(), graft.gradients(), loss);
    }
    if (pair.site.kind() == SiteKind.LINEAR && pair.upper() != null) {
      CentralDifferences.assertGradients(
          new Tensors(Map.of("x", pair.x)), new Tensors(Map.of("x", dx.dup('c'))), loss);
    }
  }

  @ParameterizedTest
  @MethodSource("linear")
  void theGradientOfTheInputIsNotComputedWhereNobodyNeedsIt(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Graft part = SmallAdapters.graft("default", new Part(pair.site), 3);
    INDArray needed = pair.backward(pair.twin(true, part)).getSecond();
    INDArray ofPart = part.gradients().get("C").dup();

    INDArray dx = pair.backward(pair.twin(false, part)).getSecond();

    assertThat(needed.amaxNumber().doubleValue()).isPositive();
    assertThat(dx.shape()).isEqualTo(needed.shape());
    assertThat(dx.amaxNumber().doubleValue()).isZero();
    assertThat(part.gradients().get("C")).isEqualTo(ofPart);
  }

  @ParameterizedTest
  @MethodSource("linear")
  void dropoutOfAnAdapterChangesWithTheInputAndNotWithinIt(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Layer twin = pair.twin(true, SmallAdapters.graft("default", new Part(pair.site, 0.5), 3));

    INDArray first = pair.activate(twin, true);
    assertThat(twin.activate(true, LayerPair.NONE).dup('c')).isEqualTo(first);
    assertThat(pair.activate(twin, true)).isNotEqualTo(first);
    INDArray inference = pair.activate(twin, false);
    assertThat(pair.activate(twin, false)).isEqualTo(inference).isNotEqualTo(first);
  }

  @ParameterizedTest
  @MethodSource("all")
  void adaptersThatAreSwitchedOffLeaveTheStockLayer(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Adapter adapter =
        pair.site.kind() == SiteKind.EMBEDDING ? new Rows(pair.site) : new Part(pair.site);
    Layer twin = pair.twin(true, SmallAdapters.graft("default", adapter, 3));
    INDArray expected = pair.activate(pair.stock, false);

    assertThat(pair.activate(twin, false)).isNotEqualTo(expected);
    pair.shared.activity().disable(1);
    assertThat(pair.activate(twin, false)).isEqualTo(expected);
  }
}
