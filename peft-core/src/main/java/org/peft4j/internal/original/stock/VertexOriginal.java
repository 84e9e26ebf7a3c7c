package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.OriginalVertex;
import org.peft4j.internal.original.TwinVertex;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.site.Site;

/**
 * A vertex that SameDiff computes, such as attention. Its twins are as {@link EffectiveOriginal}'s.
 *
 * @param base owns the frozen arrays
 * @param configuration the base graph's own configuration of it
 */
record VertexOriginal(GraphVertex base, SameDiffVertex configuration, List<WeightSite> weights)
    implements OriginalVertex {
  static VertexOriginal of(String name, GraphVertex base, SameDiffVertex configuration) {
    return new VertexOriginal(
        base, configuration, StockSites.of(name, configuration, base.paramTable(true)));
  }

  @Override
  public List<Site> sites() {
    return weights.stream().map(WeightSite::site).toList();
  }

  @Override
  public INDArray frozen(Site site, String parameter) {
    return Objects.requireNonNull(base.paramTable(true).get(parameter));
  }

  @Override
  public INDArray weight(Site site) {
    return WeightSite.view(weights, site, key -> frozen(site, key));
  }

  @Override
  public TwinVertex build(
      ComputationGraph graph, String name, int index, LayerGrafts grafts, DataType type) {
    INDArray frozen = base.params();
    INDArray parameters = grafts.trains() ? DetachedArrays.copy(frozen) : frozen;
    GraphVertex vertex = configuration.instantiate(graph, name, index, parameters, false, type);
    GradientScratch scratch =
        new GradientScratch(vertex::setBackpropGradientsViewArray, parameters);
    if (!grafts.trains()) {
      return new TwinVertex(vertex, new ScratchedPasses(scratch, SameDiffEpsilon.scale()));
    }
    EffectiveWeights effective =
        new EffectiveWeights(
            weights, grafts, frozen, base.paramTable(true), parameters, vertex.paramTable(true));
    return new TwinVertex(vertex, new EffectivePasses(scratch, effective, SameDiffEpsilon.scale()));
  }
}
