package org.peft4j.internal.original.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;
import org.peft4j.testing.NetworkSlopes;

/** What every sort of Deeplearning4j's layers must keep when adapters are grafted on it. */
class StockLayersTest {
  private static final int FITS = 10;

  static Stream<LayerCase> cases() {
    return LayerCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void adaptersThatAddNothingLeaveEveryActivationBitEqual(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    WrappedNetwork wrapped = TestSlots.wrap(base);
    wrapped.activate(TestSlots.everywhere(wrapped, false));

    assertSameActivations(sort, base, wrapped.network(), false);
    if (!sort.name().contains("batch norm")) {
      assertSameActivations(sort, base, wrapped.network(), true);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void hostedEqualsTheLayerWithMergedWeights(LayerCase sort) {
    for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT)) {
      WrappedNetwork wrapped = TestSlots.wrap(sort.base(type));
      List<Slot> slots = TestSlots.everywhere(wrapped, true);
      wrapped.activate(slots);
      DataSet data = sort.data(type);

      INDArray expected =
          TestSlots.merged(wrapped, slots)
              .output(data.getFeatures(), false, data.getFeaturesMaskArray(), null);
      INDArray actual =
          wrapped.network().output(data.getFeatures(), false, data.getFeaturesMaskArray(), null);

      double tolerance = type == DataType.DOUBLE ? 1e-10 : 1e-5;
      assertThat(distance(actual, expected)).isLessThan(tolerance);
    }
  }

  /** Regularisation is in the score, but enters the gradient in the updater only. */
  static Stream<LayerCase> unregularised() {
    return cases().filter(sort -> !sort.name().contains("l2"));
  }

  @ParameterizedTest
  @MethodSource("unregularised")
  void everyGradientEqualsCentralDifferences(LayerCase sort) {
    WrappedNetwork wrapped = TestSlots.wrap(sort.base(DataType.DOUBLE));
    wrapped.activate(TestSlots.everywhere(wrapped, true));
    NetworkSlopes.assertGradients(wrapped.network(), sort.data(DataType.DOUBLE));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingMovesAdaptersOnlyAndSwitchingThemOffRestoresTheBase(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    INDArray before = base.params().dup();
    WrappedNetwork wrapped = TestSlots.wrap(base);
    List<Slot> slots = TestSlots.everywhere(wrapped, false);
    long count = slots.stream().mapToLong(Slot::count).sum();
    wrapped.activate(slots);
    MultiLayerNetwork network = wrapped.network();
    INDArray start = network.params().dup();
    DataSet data = sort.data(DataType.FLOAT);

    for (int i = 0; i < FITS; i++) {
      network.fit(data);
    }

    assertThat(base.params()).isEqualTo(before);
    assertThat(network.getFlattenedGradients().length()).isEqualTo(count);
    assertThat(network.getUpdater().getStateViewArray().length()).isEqualTo(2 * count);
    assertThat(network.params()).isNotEqualTo(start);
    wrapped.shared().activity().disable(1);
    assertSameActivations(sort, base, network, false);
    wrapped.shared().activity().disable(-1);
  }

  private static void assertSameActivations(
      LayerCase sort, MultiLayerNetwork base, MultiLayerNetwork network, boolean training) {
    List<INDArray> expected = activations(sort, base, training);
    List<INDArray> actual = activations(sort, network, training);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(distance(actual.get(i), expected.get(i))).as("activation %d", i).isZero();
    }
  }

  private static List<INDArray> activations(
      LayerCase sort, MultiLayerNetwork network, boolean training) {
    DataSet data = sort.data(DataType.FLOAT);
    network.setLayerMaskArrays(data.getFeaturesMaskArray(), data.getLabelsMaskArray());
    List<INDArray> result = new ArrayList<>(network.feedForward(data.getFeatures(), training));
    network.clearLayerMaskArrays();
    return result;
  }

  private static double distance(INDArray a, INDArray b) {
    assertThat(a.shape()).isEqualTo(b.shape());
    return a.sub(b).amaxNumber().doubleValue();
  }
}
