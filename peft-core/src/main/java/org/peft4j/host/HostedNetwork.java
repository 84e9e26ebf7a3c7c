package org.peft4j.host;

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
import org.peft4j.kernel.Kernels;
import org.peft4j.module.GraftSwitch;

/** Hosts a {@link MultiLayerNetwork}. A layer without a name goes by its index. */
public final class HostedNetwork extends HostedModel<MultiLayerNetwork> {
  private final PeftNetwork network;
  private final Layouts<Layer> layouts;

  private HostedNetwork(MultiLayerNetwork base, HostContext context) {
    super(base, context);
    MultiLayerConfiguration configuration = base.getLayerWiseConfigurations().clone();
    for (int i = 0; i < configuration.getConfs().size(); i++) {
      NeuralNetConfiguration conf = configuration.getConf(i);
      conf.getLayer().setLayerName(name(conf, i));
      conf.setLayer(new FrozenHost(conf.getLayer(), context));
    }
    network = new PeftNetwork(configuration);
    network.layOut((INDArray) null);
    layouts = new Layouts<>(network);
  }

  /** Wraps an initialised network. */
  public static HostedNetwork of(MultiLayerNetwork base, GraftSwitch graftSwitch, Kernels kernels) {
    Map<String, LayerHosting> hostings = layersOf(base);
    Map<String, Set<String>> below = new HashMap<>();
    Set<String> soFar = new LinkedHashSet<>();
    for (String name : hostings.keySet()) {
      below.put(name, new LinkedHashSet<>(soFar));
      soFar.add(name);
    }
    return new HostedNetwork(base, new HostContext(hostings, below, graftSwitch, kernels));
  }

  /** The hosting of every layer of {@code network}, by name, in the order of the forward pass. */
  public static Map<String, LayerHosting> layersOf(MultiLayerNetwork network) {
    Map<String, LayerHosting> hostings = new LinkedHashMap<>();
    for (int i = 0; i < network.getnLayers(); i++) {
      NeuralNetConfiguration conf = network.getLayerWiseConfigurations().getConf(i);
      String name = name(conf, i);
      hostings.put(name, Hostings.of(name, network.getLayer(i), conf));
    }
    return hostings;
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
  public Map<String, LayerHosting> hostings(MultiLayerNetwork model) {
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
  Grafted grafted(String vertex) {
    return (HostLayer) network.getLayer(vertex);
  }

  @Override
  @Nullable Updater updater(boolean create) {
    return network.getUpdater(create);
  }
}
