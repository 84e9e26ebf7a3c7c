package org.peft4j.internal.original.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;
import org.peft4j.testing.NetworkSlopes;

/** Copies of a layer's own parameters that train in their place. */
class TrainableCopiesTest {

  /** Not with L2: it is in the score, but enters the gradient only in the updater. */
  static Stream<LayerCase> cases() {
    return LayerCases.all()
        .filter(sort -> !sort.name().contains("masks") && !sort.name().contains("l2"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void copiesHaveTheRightGradientsAndSwitchOffExactly(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.DOUBLE);
    INDArray before = base.params().dup();
    WrappedNetwork wrapped = TestSlots.wrap(base);
    List<Slot> slots = copies(wrapped);
    wrapped.activate(slots);
    MultiLayerNetwork network = wrapped.network();
    DataSet data = sort.data(DataType.DOUBLE);

    assertThat(distance(network, base, data)).isLessThan(1e-12);
    NetworkSlopes.assertGradients(network, data);
    for (int i = 0; i < 3; i++) {
      network.fit(data);
    }

    assertThat(distance(network, base, data)).isGreaterThan(1e-4);
    assertThat(base.params()).isEqualTo(before);
    wrapped.shared().activity().disable(1);
    assertThat(distance(network, base, data)).isZero();
    wrapped.shared().activity().disable(-1);
  }

  private static List<Slot> copies(WrappedNetwork wrapped) {
    List<Slot> slots = new ArrayList<>();
    wrapped
        .originals()
        .values()
        .forEach(
            original ->
                original
                    .sites()
                    .forEach(
                        site -> {
                          Map<String, INDArray> values = new LinkedHashMap<>();
                          for (SiteParameter parameter : site.parameters()) {
                            values.put(
                                parameter.name(),
                                original
                                    .frozen(site, parameter.name())
                                    .array()
                                    .orElseThrow()
                                    .dup('c'));
                          }
                          TrainableCopy copy =
                              new TrainableCopy(
                                  site,
                                  site.parameters(),
                                  "",
                                  parameter -> original.frozen(site, parameter.name()));
                          slots.add(new Slot("default", copy, new Tensors(values)));
                        }));
    return slots;
  }

  private static double distance(MultiLayerNetwork a, MultiLayerNetwork b, DataSet data) {
    INDArray mask = data.getFeaturesMaskArray();
    return a.output(data.getFeatures(), false, mask, null)
        .sub(b.output(data.getFeatures(), false, mask, null))
        .amaxNumber()
        .doubleValue();
  }
}
