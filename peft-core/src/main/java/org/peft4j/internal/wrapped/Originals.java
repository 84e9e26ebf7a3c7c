package org.peft4j.internal.wrapped;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.SelfDescribedLayer;
import org.peft4j.internal.original.stock.StockOriginals;

/** Finds the original of a base layer. */
final class Originals {
  private Originals() {}

  /**
   * The original of {@code layer}.
   *
   * @param configuration the network's configuration of it; that of a wrapper layer itself
   *     describes what it wraps
   */
  static OriginalLayer of(String name, Layer layer, NeuralNetConfiguration configuration) {
    return layer instanceof SiteLayer siteLayer
        ? new SelfDescribedLayer(siteLayer)
        : StockOriginals.of(name, layer, configuration);
  }
}
