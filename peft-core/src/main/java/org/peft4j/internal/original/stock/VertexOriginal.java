package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaVertex;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.OriginalVertex;
import org.peft4j.internal.original.TwinVertex;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * A vertex that SameDiff computes, such as attention. Its twins are as {@link EffectiveOriginal}'s.
 *
 * @param base owns the frozen arrays
 * @param configuration the base graph's own configuration of it
 */
record VertexOriginal(
    GraphVertex base, SameDiffVertex configuration, List<WeightSite> weights, StockWeights frozen)
    implements OriginalVertex {
  static VertexOriginal of(String name, GraphVertex base, SameDiffVertex configuration) {
    Map<String, INDArray> table = base.paramTable(true);
    List<WeightSite> weights = StockSites.of(name, configuration, table);
    return new VertexOriginal(base, configuration, weights, StockWeights.of(table, weights));
  }

  @Override
  public List<Site> sites() {
    return weights.stream().map(WeightSite::site).toList();
  }

  @Override
  public FrozenWeight frozen(Site site, String parameter) {
    return frozen.get(parameter);
  }

  @Override
  public TwinVertex build(
      ComputationGraph graph, String name, int index, LayerGrafts grafts, DataType type) {
    INDArray vector = base.params();
    INDArray parameters = vector != null && grafts.trains() ? DetachedArrays.copy(vector) : vector;
    GraphVertex vertex = own().instantiate(graph, name, index, parameters, false, type);
    GradientScratch scratch =
        new GradientScratch(vertex::setBackpropGradientsViewArray, parameters);
    if (!grafts.trains()) {
      return new TwinVertex(vertex, new ScratchedPasses(scratch, SameDiffEpsilon.scale()));
    }
    EffectiveWeights effective =
        new EffectiveWeights(
            weights, grafts, vector, base.paramTable(true), parameters, vertex.paramTable(true));
    return new TwinVertex(vertex, new EffectivePasses(scratch, effective, SameDiffEpsilon.scale()));
  }

  /** A lambda vertex keeps variables of the SameDiff graph that it was first asked to define. */
  private SameDiffVertex own() {
    if (!(configuration instanceof SameDiffLambdaVertex)) {
      return configuration;
    }
    SameDiffVertex copy = (SameDiffVertex) configuration.clone();
    copy.setDataType(configuration.getDataType());
    return copy;
  }
}
