package org.peft4j.internal.original.stock;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.TwinLayer;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * Any layer of Deeplearning4j. Its twin is Deeplearning4j's own implementation: over the base
 * model's arrays if it has no grafts, otherwise over effective weights {@code W' = W + Σ ΔW} made
 * in each forward pass. These cost a copy of the layer's parameters.
 */
record EffectiveOriginal(StockLayer base, List<WeightSite> weights, StockWeights frozen)
    implements OriginalLayer {
  static EffectiveOriginal of(StockLayer base, List<WeightSite> weights) {
    return new EffectiveOriginal(
        base, weights, StockWeights.of(base.layer().paramTable(), weights));
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
  public TwinLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    INDArray vector = base.layer().params();
    boolean effective = vector != null && grafts.trainsAt(sites());
    INDArray parameters = effective ? DetachedArrays.copy(vector) : vector;
    NeuralNetConfiguration own = base.ownConfiguration();
    Layer layer =
        own.getLayer().instantiate(own, new ArrayList<>(), index, parameters, false, type);
    GradientScratch scratch = new GradientScratch(layer::setBackpropGradientsViewArray, parameters);
    if (!effective) {
      return new TwinLayer(layer, new ScratchedPasses(scratch, SameDiffEpsilon.scale(layer)));
    }
    EffectiveWeights weightsNow =
        new EffectiveWeights(
            weights, grafts, vector, base.layer().paramTable(), parameters, layer.paramTable());
    return new TwinLayer(
        layer, new EffectivePasses(scratch, weightsNow, SameDiffEpsilon.scale(layer)));
  }
}
