package org.peft4j.host.stock;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DetachedArrays;
import org.peft4j.host.HostedLayer;
import org.peft4j.host.LayerHosting;
import org.peft4j.module.LayerGrafts;
import org.peft4j.site.Site;

/**
 * Hosts any layer by running Deeplearning4j's own implementation: over the base model's arrays
 * where nothing is grafted, and else over effective weights {@code W' = W + Σ ΔW} that are made
 * anew at each forward pass. The latter cost one copy of the layer's own parameters.
 */
record EffectiveHosting(BaseLayerSource base, List<WeightSite> weights) implements LayerHosting {

  @Override
  public List<Site> sites() {
    return weights.stream().map(WeightSite::site).toList();
  }

  @Override
  public INDArray frozen(Site site, String parameter) {
    return base.layer().getParam(parameter);
  }

  @Override
  public INDArray weight(Site site) {
    return weights.stream()
        .filter(weight -> weight.site().equals(site))
        .findFirst()
        .map(weight -> weight.view().of(base.layer().getParam(weight.parameter())))
        .orElseThrow(() -> new IllegalArgumentException("No weight at " + site.name() + "."));
  }

  @Override
  public boolean outputHead() {
    return base.layer() instanceof IOutputLayer;
  }

  @Override
  public HostedLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    INDArray frozen = base.layer().params();
    boolean effective = frozen != null && grafts.trains();
    INDArray parameters = effective ? DetachedArrays.copy(frozen) : frozen;
    NeuralNetConfiguration own = base.ownConfiguration();
    Layer layer =
        own.getLayer().instantiate(own, new ArrayList<>(), index, parameters, false, type);
    GradientScratch scratch = new GradientScratch(layer::setBackpropGradientsViewArray, parameters);
    if (!effective) {
      return new ScratchedLayer(layer, scratch);
    }
    EffectiveWeights weightsNow =
        new EffectiveWeights(weights, grafts, frozen, parameters, layer.paramTable());
    return new EffectiveLayer(layer, scratch, weightsNow, vector -> gradients(own, vector));
  }

  private static Map<String, INDArray> gradients(NeuralNetConfiguration own, INDArray vector) {
    return own.getLayer().initializer().getGradientsFromFlattened(own, vector);
  }
}
