package org.peft4j.host.stock;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.layers.recurrent.RnnOutputLayer;
import org.peft4j.host.LayerHosting;

/** Chooses how one of Deeplearning4j's own layers is hosted. */
public final class StockHostings {
  private StockHostings() {}

  /**
   * The hosting of {@code layer}.
   *
   * @param name the vertex or layer name, which its sites' names begin with
   */
  public static LayerHosting of(String name, Layer layer) {
    if (layer.getClass() == DenseLayer.class) {
      return AffineHosting.linear(
          name,
          (DenseLayer) layer,
          (conf, type, grafts, site) ->
              new GraftedDense(conf, type, new GraftedProduct(grafts, site)));
    }
    if (layer.getClass() == OutputLayer.class) {
      return AffineHosting.linear(
          name,
          (OutputLayer) layer,
          (conf, type, grafts, site) ->
              new GraftedOutput(conf, type, new GraftedProduct(grafts, site)));
    }
    if (layer.getClass() == RnnOutputLayer.class) {
      return AffineHosting.linear(
          name,
          (RnnOutputLayer) layer,
          (conf, type, grafts, site) ->
              new GraftedRnnOutput(conf, type, new GraftedProduct(grafts, site)));
    }
    return new EffectiveHosting(layer, layer.conf(), StockSites.of(name, layer));
  }
}
