package org.peft4j.internal.wrapped;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.peft4j.internal.adapted.AdaptedLayerConf;

/** The widths of adapted layers, which Deeplearning4j asks only its own layers for. */
final class LayerWidth {
  private LayerWidth() {}

  /** The number of features out, or 0 if the base layer has none to tell. */
  static long out(Layer layer) {
    return layer.conf().getLayer() instanceof AdaptedLayerConf conf
            && conf.getUnderlying() instanceof FeedForwardLayer stated
        ? stated.getNOut()
        : 0;
  }

  /** The number of features in, or 0 if the base layer has none to tell. */
  static long in(Layer layer) {
    return layer.conf().getLayer() instanceof AdaptedLayerConf conf
            && conf.getUnderlying() instanceof FeedForwardLayer stated
        ? stated.getNIn()
        : 0;
  }
}
