package org.peft4j.host.stock;

import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.layers.feedforward.embedding.EmbeddingLayer;
import org.deeplearning4j.nn.layers.feedforward.embedding.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.layers.recurrent.RnnOutputLayer;
import org.deeplearning4j.nn.layers.training.CenterLossOutputLayer;
import org.peft4j.error.PeftException;
import org.peft4j.host.HostsLayer;
import org.peft4j.host.HostsVertex;

/**
 * Chooses how one of Deeplearning4j's own layers is hosted. A layer of a class derived from one of
 * them is not taken for it, for what it changes is not known.
 */
public final class StockHostings {
  private StockHostings() {}

  /**
   * The hosting of {@code layer}.
   *
   * @param name the vertex or layer name, which its sites' names begin with
   * @param configuration the network's configuration of the layer
   */
  public static HostsLayer of(String name, Layer layer, NeuralNetConfiguration configuration) {
    if (layer instanceof FrozenLayer wrapper) {
      return of(name, BaseLayerSource.inTestMode(wrapper.getInsideLayer()));
    }
    if (layer instanceof FrozenLayerWithBackprop wrapper) {
      return of(name, BaseLayerSource.inTestMode(wrapper.getInsideLayer()));
    }
    return of(name, new BaseLayerSource(layer, configuration));
  }

  /**
   * The hosting of a vertex that has parameters and is no layer.
   *
   * @param configuration the graph's own configuration of it, without a frozen-vertex wrapper
   * @throws PeftException if it is not one that SameDiff computes
   */
  public static HostsVertex of(
      String name, GraphVertex vertex, org.deeplearning4j.nn.conf.graph.GraphVertex configuration) {
    if (configuration instanceof SameDiffVertex own) {
      return VertexHosting.of(name, vertex, own);
    }
    throw new PeftException(
        "Vertex \"%s\" is a %s; of the vertices with parameters, only those derived from SameDiffVertex can be hosted."
            .formatted(name, configuration.getClass().getName()));
  }

  private static HostsLayer of(String name, BaseLayerSource base) {
    HostsLayer hosting = withoutPlace(name, base);
    return OutputPlaces.of(name, base)
        .<HostsLayer>map(place -> new OutputHosting(hosting, place))
        .orElse(hosting);
  }

  private static HostsLayer withoutPlace(String name, BaseLayerSource base) {
    Class<?> sort = base.layer().getClass();
    if (sort == DenseLayer.class) {
      return AffineHosting.linear(
          name, base, (conf, type, at) -> new GraftedDense(conf, type, at.product(type)));
    }
    if (sort == OutputLayer.class) {
      return AffineHosting.linear(
          name, base, (conf, type, at) -> new GraftedOutput(conf, type, at.product(type)));
    }
    if (sort == CenterLossOutputLayer.class) {
      return AffineHosting.linear(
          name,
          base,
          (conf, type, at) -> new GraftedCenterLossOutput(conf, type, at.product(type)));
    }
    if (sort == RnnOutputLayer.class) {
      return AffineHosting.linear(
          name, base, (conf, type, at) -> new GraftedRnnOutput(conf, type, at.product(type)));
    }
    if (sort == EmbeddingLayer.class) {
      return AffineHosting.embedding(
          name, base, (conf, type, at) -> new GraftedEmbedding(conf, type, at.lookup()));
    }
    if (sort == EmbeddingSequenceLayer.class) {
      return AffineHosting.embedding(
          name, base, (conf, type, at) -> new GraftedEmbeddingSequence(conf, type, at.lookup()));
    }
    if (sort == BatchNormalization.class) {
      return NormHosting.of(name, base);
    }
    return EffectiveHosting.of(base, sites(name, base));
  }

  private static List<WeightSite> sites(String name, BaseLayerSource base) {
    return StockSites.of(name, base.configuration().getLayer(), base.layer().paramTable());
  }
}
