package org.peft4j.internal.wrapped;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.SelfDescribedLayer;
import org.peft4j.internal.original.stock.StockOriginals;

/** Chooses how a base layer is hosted. */
final class Originals {
  private Originals() {}

  /**
   * The hosting of {@code layer}.
   *
   * @param configuration the network's configuration of it; a wrapper layer's own one is that of
   *     what it wraps
   */
  static OriginalLayer of(String name, Layer layer, NeuralNetConfiguration configuration) {
    return layer instanceof SiteLayer siteLayer
        ? new SelfDescribedLayer(siteLayer)
        : StockOriginals.of(name, layer, configuration);
  }
}
