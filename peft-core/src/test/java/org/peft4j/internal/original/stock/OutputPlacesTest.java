package org.peft4j.internal.original.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;
import org.peft4j.testing.NetworkSlopes;

/** Adapters after the activation of every sort of Deeplearning4j's layers that states a width. */
class OutputPlacesTest {

  static Stream<LayerCase> cases() {
    return LayerCases.all();
  }

  static Stream<LayerCase> unregularised() {
    return cases().filter(sort -> !sort.name().contains("l2"));
  }

  @Test
  void aPlaceIsNamedAfterItsLayerAndOutputLayersHaveNone() {
    WrappedNetwork wrapped = TestSlots.wrap(LayerCases.named("lstm").base(DataType.FLOAT));
    assertThat(wrapped.originals().values().stream().flatMap(h -> h.sites().stream()))
        .filteredOn(site -> site.kind() == SiteKind.SUBLAYER)
        .containsExactly(Site.place("layer.output", "layer", SiteKind.SUBLAYER, 0, 8));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void adaptersThatAddNothingLeaveEveryActivationBitEqual(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    WrappedNetwork wrapped = TestSlots.wrap(base);
    wrapped.activate(TestSlots.afterLayers(wrapped, false));
    DataSet data = sort.data(DataType.FLOAT);
    INDArray mask = data.getFeaturesMaskArray();

    INDArray actual = wrapped.network().output(data.getFeatures(), false, mask, null);

    assertThat(actual).isEqualTo(base.output(data.getFeatures(), false, mask, null));
  }

  @ParameterizedTest
  @MethodSource("unregularised")
  void everyGradientEqualsCentralDifferences(LayerCase sort) {
    WrappedNetwork wrapped = TestSlots.wrap(sort.base(DataType.DOUBLE));
    List<Slot> places = TestSlots.afterLayers(wrapped, true);
    if (places.isEmpty()) {
      assertThat(sort.name()).containsAnyOf("output", "center loss", "pooling", "prelu");
      return;
    }
    wrapped.activate(places);
    NetworkSlopes.assertGradients(wrapped.network(), sort.data(DataType.DOUBLE));

    List<Slot> all = new ArrayList<>(TestSlots.everywhere(wrapped, true));
    all.addAll(places);
    wrapped.activate(all);
    NetworkSlopes.assertGradients(wrapped.network(), sort.data(DataType.DOUBLE));
  }

  @Test
  void steppingThroughASequenceGivesTheOutputOfTheWhole() {
    for (String name : List.of("lstm", "simple rnn")) {
      LayerCase sort = LayerCases.named(name);
      WrappedNetwork wrapped = TestSlots.wrap(sort.base(DataType.DOUBLE));
      wrapped.activate(TestSlots.afterLayers(wrapped, true));
      MultiLayerNetwork network = wrapped.network();
      INDArray x = sort.data(DataType.DOUBLE).getFeatures();
      INDArray whole = network.output(x);
      for (int t = 0; t < x.size(2); t++) {
        INDArray step = network.rnnTimeStep(x.get(all(), all(), NDArrayIndex.point(t)).dup());
        INDArray expected = whole.get(all(), all(), NDArrayIndex.point(t));
        assertThat(step.reshape(expected.shape()).sub(expected).amaxNumber().doubleValue())
            .as("%s, step %d", name, t)
            .isLessThan(1e-12);
      }
    }
  }

  @Test
  void aLayerWithNothingButAnAdapterAfterItRunsOnTheFrozenArrays() {
    WrappedNetwork wrapped = TestSlots.wrap(LayerCases.named("lstm").base(DataType.FLOAT));
    wrapped.activate(TestSlots.afterLayers(wrapped, true));
    var layer = wrapped.network().getLayer("layer");
    INDArray used =
        ((org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer) layer).getUnderlying().params();
    assertThat(used.data().address())
        .isEqualTo(wrapped.base().getLayer("layer").params().data().address());
  }

  private static org.nd4j.linalg.indexing.INDArrayIndex all() {
    return NDArrayIndex.all();
  }
}
