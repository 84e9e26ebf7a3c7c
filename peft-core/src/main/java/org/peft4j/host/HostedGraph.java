package org.peft4j.host;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.host.stock.StockHostings;
import org.peft4j.kernel.Kernels;
import org.peft4j.module.GraftSwitch;

/** Hosts a {@link ComputationGraph}. */
public final class HostedGraph extends HostedModel<ComputationGraph> {
  private final PeftGraph network;
  private final Layouts<GraphVertex> layouts;

  private HostedGraph(ComputationGraph base, HostContext context) {
    super(base, context);
    ComputationGraphConfiguration configuration = base.getConfiguration().clone();
    configuration
        .getVertices()
        .replaceAll((name, vertex) -> HostVertices.of(name, vertex, base, context));
    network = new PeftGraph(configuration);
    network.layOut((INDArray) null);
    layouts = new Layouts<>(network);
  }

  /** Wraps an initialised graph. */
  public static HostedGraph of(ComputationGraph base, GraftSwitch graftSwitch, Kernels kernels) {
    HostContext context =
        new HostContext(layersOf(base), ancestors(base.getConfiguration()), graftSwitch, kernels);
    return new HostedGraph(base, context);
  }

  /**
   * The hosting of every layer of {@code graph}, by vertex name, in the order of the forward pass.
   */
  public static Map<String, LayerHosting> layersOf(ComputationGraph graph) {
    Map<String, LayerHosting> hostings = new LinkedHashMap<>();
    for (int index : graph.topologicalSortOrder()) {
      GraphVertex vertex = graph.getVertices()[index];
      String name = vertex.getVertexName();
      if (vertex.hasLayer()) {
        hostings.put(
            name, Hostings.of(name, vertex.getLayer(), HostVertices.layerConf(name, graph)));
      } else if (vertex.numParams() > 0) {
        hostings.put(name, StockHostings.of(name, vertex, HostVertices.original(name, graph)));
      }
    }
    return hostings;
  }

  /** For each vertex, all that its output depends on. */
  private static Map<String, Set<String>> ancestors(ComputationGraphConfiguration configuration) {
    Map<String, Set<String>> result = new HashMap<>();
    configuration.getVertices().keySet().forEach(v -> ancestors(v, configuration, result));
    return result;
  }

  private static Set<String> ancestors(
      String vertex, ComputationGraphConfiguration configuration, Map<String, Set<String>> known) {
    Set<String> cached = known.get(vertex);
    if (cached != null) {
      return cached;
    }
    Set<String> result = new LinkedHashSet<>();
    for (String input : configuration.getVertexInputs().getOrDefault(vertex, List.of())) {
      result.add(input);
      result.addAll(ancestors(input, configuration, known));
    }
    known.put(vertex, result);
    return result;
  }

  @Override
  public INDArray output(INDArray... inputs) {
    return network().outputSingle(inputs).dup();
  }

  @Override
  public ComputationGraph network() {
    return network;
  }

  @Override
  public ComputationGraph copyOfBase() {
    return base().clone();
  }

  @Override
  public Map<String, LayerHosting> hostings(ComputationGraph model) {
    return layersOf(model);
  }

  @Override
  public DataType dataType() {
    return base().getConfiguration().getDataType();
  }

  @Override
  Layouts<GraphVertex> layouts() {
    return layouts;
  }

  @Override
  Grafted grafted(String vertex) {
    GraphVertex found = network.getVertex(vertex);
    return found.hasLayer() ? (HostLayer) found.getLayer() : (HostVertex) found;
  }

  @Override
  @Nullable Updater updater(boolean create) {
    return network.getUpdater(create);
  }
}
