package org.peft4j.internal.adapted;

import java.util.Objects;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/** Replaces the vertices of a graph configuration by adapted ones. */
public final class AdaptedVertices {
  private AdaptedVertices() {}

  /**
   * The adapted vertex for one with parameters. Any other vertex is returned itself, without a
   * frozen-vertex wrapper, which would end the backward pass.
   *
   * @param vertex a vertex of the wrapped network's configuration; a layer's is changed in place
   */
  public static GraphVertex of(
      String name, GraphVertex vertex, ComputationGraph base, AdapterContext context) {
    if (vertex instanceof FrozenVertex wrapper) {
      return of(name, wrapper.getUnderlying(), base, context);
    }
    if (vertex instanceof LayerVertex layer) {
      NeuralNetConfiguration conf = layer.getLayerConf();
      conf.setLayer(new AdaptedLayerConf(conf.getLayer(), context));
      return layer;
    }
    if (context.layers().containsKey(name)) {
      SameDiffVertex own = (SameDiffVertex) original(name, base);
      return new AdaptedVertexConf(name, own, updater(own, base), context);
    }
    return vertex;
  }

  /** The graph's own configuration of a layer. */
  public static NeuralNetConfiguration layerConf(String name, ComputationGraph base) {
    return ((LayerVertex) original(name, base)).getLayerConf();
  }

  /** The graph's own configuration of a vertex, out of a frozen-vertex wrapper. */
  public static GraphVertex original(String name, ComputationGraph base) {
    return unwrapped(Objects.requireNonNull(base.getConfiguration().getVertices().get(name)));
  }

  /** Whether SameDiff computes a vertex, so that its gradients need correction. */
  public static boolean bySameDiff(String name, ComputationGraph base) {
    GraphVertex vertex = base.getConfiguration().getVertices().get(name);
    return vertex != null && unwrapped(vertex) instanceof SameDiffVertex;
  }

  private static GraphVertex unwrapped(GraphVertex vertex) {
    GraphVertex inside = vertex;
    while (inside instanceof FrozenVertex wrapper) {
      inside = wrapper.getUnderlying();
    }
    return inside;
  }

  /**
   * A copy of a graph's configuration. Deeplearning4j's own loses how vertices train that SameDiff
   * computes: their {@code clone()} leaves it out.
   */
  public static ComputationGraphConfiguration wholeCopy(ComputationGraphConfiguration graph) {
    ComputationGraphConfiguration copy = graph.clone();
    graph
        .getVertices()
        .forEach(
            (name, vertex) -> {
              GraphVertex copied = Objects.requireNonNull(copy.getVertices().get(name));
              if (unwrapped(vertex) instanceof SameDiffVertex from
                  && unwrapped(copied) instanceof SameDiffVertex to) {
                copyTraining(from, to);
              }
            });
    return copy;
  }

  private static void copyTraining(SameDiffVertex from, SameDiffVertex to) {
    to.setUpdater(from.getUpdater());
    to.setBiasUpdater(from.getBiasUpdater());
    to.setRegularization(from.getRegularization());
    to.setRegularizationBias(from.getRegularizationBias());
    to.setGradientNormalization(from.getGradientNormalization());
    to.setGradientNormalizationThreshold(from.getGradientNormalizationThreshold());
    to.setDataType(from.getDataType());
  }

  /** The vertex's updater; if a clone has lost it, that of the first layer with one. */
  private static IUpdater updater(SameDiffVertex vertex, ComputationGraph base) {
    if (vertex.getUpdater() != null) {
      return vertex.getUpdater();
    }
    for (GraphVertex other : base.getConfiguration().getVertices().values()) {
      if (other instanceof LayerVertex layer) {
        IUpdater updater = layer.getLayerConf().getLayer().getUpdaterByParam("W");
        if (updater != null) {
          return updater;
        }
      }
    }
    return new NoOp();
  }
}
