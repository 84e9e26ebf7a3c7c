package org.peft4j.testing;

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
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.site.Site;

/**
 * A small network of one sort of layer, with data.
 *
 * @param name the sort
 * @param target the layer of that sort, or one of its weights
 * @param layers all of its layers, each named; the last is {@code out}
 */
public record LayerCase(
    String name,
    String target,
    InputType inputType,
    INDArray x,
    INDArray y,
    @Nullable INDArray xMask,
    @Nullable INDArray yMask,
    Layer... layers) {

  /** The same network with something else of it targeted. */
  LayerCase targeting(String what, String other) {
    return new LayerCase(what, other, inputType, x, y, xMask, yMask, layers);
  }

  /** The network with its first values, the same at every call. */
  public MultiLayerNetwork base() {
    return base(DataType.FLOAT);
  }

  /** The same in another type. */
  public MultiLayerNetwork base(DataType type) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .dataType(type)
            .updater(new Adam(0.02))
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
      layer.paramTable().forEach((key, value) -> disturb(key, value));
    }
    return network;
  }

  /** Biases and gains that are neither zero nor one. */
  private static void disturb(String key, INDArray value) {
    if (value.length() < 40 && !key.equals("var") && !key.equals("log10stdev")) {
      value.addi(Nd4j.rand(value.dataType(), value.shape()).muli(0.3));
    }
  }

  /** The sites of the layer, or of the weight, that is targeted. */
  public List<Site> sites() {
    return WrappedNetwork.layersOf(base()).values().stream()
        .flatMap(original -> original.sites().stream())
        .filter(site -> site.module().equals(target) || site.name().equals(target))
        .toList();
  }

  /** Features, labels and masks. */
  public DataSet data() {
    return data(DataType.FLOAT);
  }

  /** The same in another type. */
  public DataSet data(DataType type) {
    return new DataSet(x.castTo(type), y.castTo(type), cast(xMask, type), cast(yMask, type));
  }

  private static @Nullable INDArray cast(@Nullable INDArray array, DataType type) {
    return array == null ? null : array.castTo(type);
  }

  /** What {@code network} gives for the features. */
  public INDArray output(MultiLayerNetwork network) {
    return output(network, false);
  }

  /** The same in training or not. */
  public INDArray output(MultiLayerNetwork network, boolean training) {
    DataSet data = data(network.getLayerWiseConfigurations().getDataType());
    return network.output(data.getFeatures(), training, data.getFeaturesMaskArray(), null);
  }

  @Override
  public String toString() {
    return name;
  }
}
