package org.peft4j.internal.wrapped;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.internal.adapted.AdaptedLayer;
import org.peft4j.internal.adapted.AdaptedLayerConf;
import org.peft4j.internal.adapted.AdaptedPart;
import org.peft4j.internal.adapted.AdapterContext;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.kernel.Kernels;

/** A wrapped {@link MultiLayerNetwork}. A layer without a name is named by its index. */
public final class WrappedNetwork extends WrappedLayers<MultiLayerNetwork> {
  private final PeftNetwork network;
  private final Layouts<Layer> layouts;

  private WrappedNetwork(MultiLayerNetwork base, AdapterContext context) {
    super(base, context);
    MultiLayerConfiguration configuration = base.getLayerWiseConfigurations().clone();
    NewCounters.in(configuration);
    for (int i = 0; i < configuration.getConfs().size(); i++) {
      NeuralNetConfiguration conf = configuration.getConf(i);
      conf.getLayer().setLayerName(name(conf, i));
      FrozenSettings.warn(conf.getLayer().getLayerName(), conf.getLayer());
      conf.setLayer(new AdaptedLayerConf(conf.getLayer(), context));
    }
    network = new PeftNetwork(configuration, traffic());
    network.layOut((INDArray) null);
    layouts = new Layouts<>(network);
  }

  /** Wraps an initialised network. */
  public static WrappedNetwork of(MultiLayerNetwork base, SharedState shared, Kernels kernels) {
    Map<String, OriginalPart> originals = layersOf(base);
    Map<String, Set<String>> below = new HashMap<>();
    Set<String> soFar = new LinkedHashSet<>();
    for (String name : originals.keySet()) {
      below.put(name, new LinkedHashSet<>(soFar));
      soFar.add(name);
    }
    return new WrappedNetwork(base, new AdapterContext(originals, below, shared, kernels));
  }

  /**
   * The original of every layer of {@code network}, by name, in the order of the forward pass.
   *
   * @throws PeftException if it is not initialised
   */
  public static Map<String, OriginalPart> layersOf(MultiLayerNetwork network) {
    Originals.requireInitialised(network.getLayers());
    Map<String, OriginalPart> originals = new LinkedHashMap<>();
    for (int i = 0; i < network.getnLayers(); i++) {
      NeuralNetConfiguration conf = network.getLayerWiseConfigurations().getConf(i);
      Originals.requireFrozenModel(conf.getLayer());
      String name = name(conf, i);
      Originals.put(originals, name, Originals.of(name, network.getLayer(i), conf));
    }
    return originals;
  }

  private static String name(NeuralNetConfiguration conf, int index) {
    String name = conf.getLayer().getLayerName();
    return name == null ? Integer.toString(index) : name;
  }

  @Override
  public INDArray output(INDArray... inputs) {
    return network().output(inputs[0]).dup();
  }

  @Override
  public MultiLayerNetwork network() {
    return network;
  }

  @Override
  public MultiLayerNetwork copyOfBase() {
    return base().clone();
  }

  @Override
  public Map<String, OriginalPart> originals(MultiLayerNetwork model) {
    return layersOf(model);
  }

  @Override
  public DataType dataType() {
    return base().getLayerWiseConfigurations().getDataType();
  }

  @Override
  Layouts<Layer> layouts() {
    return layouts;
  }

  @Override
  AdaptedPart grafted(String vertex) {
    return (AdaptedLayer) network.getLayer(vertex);
  }

  @Override
  @Nullable Updater updater(boolean create) {
    return network.getUpdater(create);
  }
}
