package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Map;
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
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.OriginalVertex;
import org.peft4j.internal.original.stock.MatrixOriginal.Twin;
import org.peft4j.internal.original.twin.CenterLossOutputTwin;
import org.peft4j.internal.original.twin.DenseTwin;
import org.peft4j.internal.original.twin.EmbeddingSequenceTwin;
import org.peft4j.internal.original.twin.EmbeddingTwin;
import org.peft4j.internal.original.twin.OutputTwin;
import org.peft4j.internal.original.twin.RnnOutputTwin;

/**
 * Describes Deeplearning4j's own layers. A subclass is not treated like its parent, because its
 * changes are unknown.
 */
public final class StockOriginals {
  private static final Map<Class<?>, Twin> LINEAR =
      Map.of(
          DenseLayer.class, DenseTwin::new,
          OutputLayer.class, OutputTwin::new,
          CenterLossOutputLayer.class, CenterLossOutputTwin::new,
          RnnOutputLayer.class, RnnOutputTwin::new);
  private static final Map<Class<?>, Twin> EMBEDDING =
      Map.of(
          EmbeddingLayer.class, EmbeddingTwin::new,
          EmbeddingSequenceLayer.class, EmbeddingSequenceTwin::new);

  private StockOriginals() {}

  /**
   * The original of {@code layer}.
   *
   * @param name the vertex or layer name, with which its sites' names begin
   * @param configuration the network's configuration of the layer
   */
  public static OriginalLayer of(String name, Layer layer, NeuralNetConfiguration configuration) {
    if (layer instanceof FrozenLayer wrapper) {
      return of(name, StockLayer.inTestMode(wrapper.getInsideLayer()));
    }
    if (layer instanceof FrozenLayerWithBackprop wrapper) {
      return of(name, StockLayer.inTestMode(wrapper.getInsideLayer()));
    }
    return of(name, new StockLayer(layer, configuration));
  }

  /**
   * The original of a vertex with parameters and without a layer.
   *
   * @param configuration the graph's own configuration of it, without a frozen-vertex wrapper
   * @throws PeftException if SameDiff does not compute it
   */
  public static OriginalVertex of(
      String name, GraphVertex vertex, org.deeplearning4j.nn.conf.graph.GraphVertex configuration) {
    if (configuration instanceof SameDiffVertex own) {
      return VertexOriginal.of(name, vertex, own);
    }
    throw new PeftException(
        "Vertex \"%s\" is a %s; of the vertices with parameters, only subclasses of SameDiffVertex are supported."
            .formatted(name, configuration.getClass().getName()));
  }

  private static OriginalLayer of(String name, StockLayer base) {
    OriginalLayer original = withoutPlace(name, base);
    return OutputPlaces.of(name, base)
        .<OriginalLayer>map(place -> new OriginalWithPlace(original, place))
        .orElse(original);
  }

  private static OriginalLayer withoutPlace(String name, StockLayer base) {
    Class<?> sort = base.layer().getClass();
    Twin linear = LINEAR.get(sort);
    if (linear != null) {
      return MatrixOriginal.linear(name, base, linear);
    }
    Twin embedding = EMBEDDING.get(sort);
    if (embedding != null) {
      return MatrixOriginal.embedding(name, base, embedding);
    }
    if (sort == BatchNormalization.class) {
      return NormOriginal.of(name, base);
    }
    return EffectiveOriginal.of(base, sites(name, base));
  }

  private static List<WeightSite> sites(String name, StockLayer base) {
    return StockSites.of(name, base.configuration().getLayer(), base.layer().paramTable()).stream()
        .map(weight -> weight.inLayerOf(base))
        .toList();
  }
}
