package org.peft4j.host.stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import org.peft4j.host.HostedNetwork;
import org.peft4j.host.Slot;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Adapters after the activation of every sort of Deeplearning4j's layers that states a width. */
class OutputPlacesTest {
  private static final int MOST_CHECKED = 60;

  static Stream<StockCase> cases() {
    return StockCases.all();
  }

  static Stream<StockCase> unregularised() {
    return cases().filter(sort -> !sort.name().contains("l2"));
  }

  @Test
  void aPlaceIsNamedAfterItsLayerAndOutputLayersHaveNone() {
    HostedNetwork hosted = StockCase.host(named("lstm").base(DataType.FLOAT));
    assertThat(hosted.hostings().values().stream().flatMap(h -> h.sites().stream()))
        .filteredOn(site -> site.kind() == SiteKind.SUBLAYER)
        .containsExactly(Site.place("layer.output", "layer", SiteKind.SUBLAYER, 0, 6));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void adaptersThatAddNothingLeaveEveryActivationBitEqual(StockCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    HostedNetwork hosted = StockCase.host(base);
    hosted.activate(TestSlots.afterLayers(hosted, false));
    DataSet data = sort.data(DataType.FLOAT);
    INDArray mask = data.getFeaturesMaskArray();

    INDArray actual = hosted.network().output(data.getFeatures(), false, mask, null);

    assertThat(actual).isEqualTo(base.output(data.getFeatures(), false, mask, null));
  }

  @ParameterizedTest
  @MethodSource("unregularised")
  void everyGradientEqualsCentralDifferences(StockCase sort) {
    HostedNetwork hosted = StockCase.host(sort.base(DataType.DOUBLE));
    List<Slot> places = TestSlots.afterLayers(hosted, true);
    if (places.isEmpty()) {
      assertThat(sort.name()).containsAnyOf("output", "center loss", "pooling", "prelu");
      return;
    }
    hosted.activate(places);
    assertGradients(hosted.network(), sort.data(DataType.DOUBLE));

    List<Slot> all = new ArrayList<>(TestSlots.everywhere(hosted, true));
    all.addAll(places);
    hosted.activate(all);
    assertGradients(hosted.network(), sort.data(DataType.DOUBLE));
  }

  private static void assertGradients(MultiLayerNetwork network, DataSet data) {
    network.setInput(data.getFeatures());
    network.setLabels(data.getLabels());
    network.setLayerMaskArrays(data.getFeaturesMaskArray(), data.getLabelsMaskArray());
    network.computeGradientAndScore();
    INDArray gradient = network.getFlattenedGradients().dup();

    INDArray parameters = network.params();
    double step = 1e-6;
    long stride = 1 + parameters.length() / MOST_CHECKED;
    for (long i = 0; i < parameters.length(); i += stride) {
      double value = parameters.getDouble(i);
      parameters.putScalar(i, value + step);
      double up = network.score(data, false);
      parameters.putScalar(i, value - step);
      double down = network.score(data, false);
      parameters.putScalar(i, value);
      assertThat(gradient.getDouble(i) / data.numExamples())
          .as("parameter %d of %d", i, parameters.length())
          .isCloseTo((up - down) / (2 * step), within(1e-6));
    }
    assertThat(gradient.norm2Number().doubleValue()).isPositive();
  }

  @Test
  void steppingThroughASequenceGivesTheOutputOfTheWhole() {
    for (String name : List.of("lstm", "simple rnn")) {
      StockCase sort = named(name);
      HostedNetwork hosted = StockCase.host(sort.base(DataType.DOUBLE));
      hosted.activate(TestSlots.afterLayers(hosted, true));
      MultiLayerNetwork network = hosted.network();
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
    HostedNetwork hosted = StockCase.host(named("lstm").base(DataType.FLOAT));
    hosted.activate(TestSlots.afterLayers(hosted, true));
    var layer = hosted.network().getLayer("layer");
    INDArray used =
        ((org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer) layer).getUnderlying().params();
    assertThat(used.data().address())
        .isEqualTo(hosted.base().getLayer("layer").params().data().address());
  }

  private static StockCase named(String name) {
    return cases().filter(sort -> sort.name().equals(name)).findFirst().orElseThrow();
  }

  private static org.nd4j.linalg.indexing.INDArrayIndex all() {
    return NDArrayIndex.all();
  }
}
