package org.peft4j.internal.original.stock;

import java.util.LinkedHashMap;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.peft4j.internal.original.TwinLayer;
import org.peft4j.site.SiteRole;

/**
 * A layer of the base model, stripped of frozen-layer wrappers.
 *
 * @param layer owns the frozen arrays
 * @param configuration the twin's configuration
 */
record StockLayer(Layer layer, NeuralNetConfiguration configuration) {
  /**
   * The layer inside of a frozen-layer wrapper. It is always in test mode, without dropout and
   * weight noise.
   */
  static StockLayer inTestMode(Layer inside) {
    NeuralNetConfiguration configuration = inside.conf().clone();
    configuration.getLayer().setIDropout(null);
    if (configuration.getLayer() instanceof BaseLayer layer) {
      layer.setWeightNoise(null);
    }
    return new StockLayer(inside, configuration);
  }

  /** What its linear maps are for: those of an output layer map to the model's output. */
  SiteRole roleOfMaps() {
    return layer instanceof IOutputLayer ? SiteRole.HEAD : SiteRole.OTHER;
  }

  /** A copy of the configuration, to instantiate a layer with. */
  NeuralNetConfiguration ownConfiguration() {
    return configuration.clone();
  }

  /** Makes {@code twin} the layer of that index over the frozen arrays, which stay this layer's. */
  TwinLayer twin(Layer twin, int index) {
    twin.setIndex(index);
    twin.setParamsViewArray(layer.params());
    twin.setParamTable(new LinkedHashMap<>(layer.paramTable()));
    return TwinLayer.of(twin);
  }
}
