package org.peft4j.internal.wrapped;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.internal.adapted.AdaptedLayer;
import org.peft4j.internal.adapted.AdaptedPart;
import org.peft4j.internal.adapted.AdaptedVertex;
import org.peft4j.internal.adapted.AdaptedVertices;
import org.peft4j.internal.adapted.AdapterContext;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.original.stock.StockOriginals;
import org.peft4j.kernel.Kernels;

/** A wrapped {@link ComputationGraph}. */
public final class WrappedGraph extends WrappedLayers<ComputationGraph> {
  private final PeftGraph network;
  private final Layouts<GraphVertex> layouts;

  private WrappedGraph(ComputationGraph base, AdapterContext context) {
    super(base, context);
    ComputationGraphConfiguration configuration = base.getConfiguration().clone();
    NewCounters.in(configuration);
    configuration
        .getVertices()
        .forEach(
            (name, vertex) -> {
              if (vertex instanceof LayerVertex layer) {
                FrozenSettings.warn(name, layer.getLayerConf().getLayer());
              }
            });
    configuration
        .getVertices()
        .replaceAll((name, vertex) -> AdaptedVertices.of(name, vertex, base, context));
    network = new PeftGraph(configuration, traffic());
    network.layOut((INDArray) null);
    layouts = new Layouts<>(network);
  }

  /** Wraps an initialised graph. */
  public static WrappedGraph of(ComputationGraph base, SharedState shared, Kernels kernels) {
    AdapterContext context =
        new AdapterContext(layersOf(base), ancestors(base.getConfiguration()), shared, kernels);
    return new WrappedGraph(base, context);
  }

  /**
   * The original of every layer of {@code graph}, by vertex name, in the order of the forward pass.
   *
   * @throws PeftException if it is not initialised
   */
  public static Map<String, OriginalPart> layersOf(ComputationGraph graph) {
    Originals.requireInitialised(graph.getVertices());
    Map<String, OriginalPart> originals = new LinkedHashMap<>();
    for (int index : graph.topologicalSortOrder()) {
      GraphVertex vertex = graph.getVertices()[index];
      String name = vertex.getVertexName();
      if (vertex.hasLayer()) {
        NeuralNetConfiguration conf = AdaptedVertices.layerConf(name, graph);
        Originals.requireFrozenModel(conf.getLayer());
        Originals.put(originals, name, Originals.of(name, vertex.getLayer(), conf));
      } else if (vertex.numParams() > 0 || AdaptedVertices.bySameDiff(name, graph)) {
        var conf = AdaptedVertices.original(name, graph);
        Originals.requireFrozenModel(conf);
        Originals.put(originals, name, StockOriginals.of(name, vertex, conf));
      }
    }
    return originals;
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
    ComputationGraph copy =
        new ComputationGraph(AdaptedVertices.wholeCopy(base().getConfiguration()));
    copy.init(base().params().dup(), false);
    ComputationGraphUpdater updater = base().getUpdater(false);
    if (updater != null && updater.getStateViewArray() != null) {
      copy.getUpdater(true).setStateViewArray(updater.getStateViewArray().dup());
    }
    copy.setListeners(base().getListeners());
    return copy;
  }

  @Override
  public Map<String, OriginalPart> originals(ComputationGraph model) {
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
  AdaptedPart grafted(String vertex) {
    GraphVertex found = network.getVertex(vertex);
    return found.hasLayer() ? (AdaptedLayer) found.getLayer() : (AdaptedVertex) found;
  }

  @Override
  @Nullable Updater updater(boolean create) {
    return network.getUpdater(create);
  }
}
