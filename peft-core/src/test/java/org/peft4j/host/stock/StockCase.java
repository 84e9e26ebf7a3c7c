package org.peft4j.host.stock;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.adapter.Tensors;
import org.peft4j.host.HostedNetwork;
import org.peft4j.host.Slot;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.module.GraftSwitch;

/**
 * A small network of one sort of layer, with data.
 *
 * @param layers all of its layers, each named
 */
record StockCase(
    String name,
    InputType inputType,
    INDArray x,
    INDArray y,
    @Nullable INDArray xMask,
    @Nullable INDArray yMask,
    Layer... layers) {

  MultiLayerNetwork base(DataType type) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .dataType(type)
            .updater(new Adam(0.01))
            .activation(Activation.TANH)
            .weightInit(new NormalDistribution(0, 0.6))
            .list();
    for (Layer layer : layers) {
      list.layer(layer.clone());
    }
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(inputType).build());
    network.init();
    Nd4j.getRandom().setSeed(11);
    for (var layer : network.getLayers()) {
      layer
          .paramTable()
          .forEach(
              (key, value) -> {
                if (value.length() < 40 && !key.equals("var") && !key.equals("log10stdev")) {
                  value.addi(Nd4j.rand(type, value.shape()).muli(0.3));
                }
              });
    }
    return network;
  }

  DataSet data(DataType type) {
    return new DataSet(x.castTo(type), y.castTo(type), cast(xMask, type), cast(yMask, type));
  }

  private static @Nullable INDArray cast(@Nullable INDArray array, DataType type) {
    return array == null ? null : array.castTo(type);
  }

  static HostedNetwork host(MultiLayerNetwork base) {
    return HostedNetwork.of(base, new GraftSwitch(3), new Nd4jKernels());
  }

  /** A copy of the base with every ΔW added to its weight. */
  static MultiLayerNetwork merged(HostedNetwork hosted, List<Slot> slots) {
    MultiLayerNetwork copy = hosted.copyOfBase();
    for (Slot slot : slots) {
      Tensors values = slot.values();
      hosted.hostings(copy).values().stream()
          .filter(h -> h.sites().contains(slot.adapter().site()))
          .forEach(
              h ->
                  h.weight(slot.adapter().site())
                      .addi(((LowRankTestAdapter) slot.adapter()).delta(values)));
    }
    return copy;
  }

  @Override
  public String toString() {
    return name;
  }
}
