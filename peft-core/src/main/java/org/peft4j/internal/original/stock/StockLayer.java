package org.peft4j.internal.original.stock;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;

/**
 * A layer of the base model, stripped of frozen-layer wrappers.
 *
 * @param layer owns the frozen arrays
 * @param configuration what its hosted twin runs with
 */
record StockLayer(Layer layer, NeuralNetConfiguration configuration) {
  /**
   * The layer inside of a frozen-layer wrapper. Such a layer is in test mode always: it runs
   * without dropout and weight noise.
   */
  static StockLayer inTestMode(Layer inside) {
    NeuralNetConfiguration configuration = inside.conf().clone();
    configuration.getLayer().setIDropout(null);
    if (configuration.getLayer() instanceof BaseLayer layer) {
      layer.setWeightNoise(null);
    }
    return new StockLayer(inside, configuration);
  }

  /** A configuration of one's own to instantiate a layer with. */
  NeuralNetConfiguration ownConfiguration() {
    return configuration.clone();
  }
}
