package org.peft4j.host;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.host.stock.StockHostings;
import org.peft4j.module.SiteLayer;

/** Chooses how a base layer is hosted. */
final class Hostings {
  private Hostings() {}

  /**
   * The hosting of {@code layer}.
   *
   * @param configuration the network's configuration of it; a wrapper layer's own one is that of
   *     what it wraps
   */
  static HostsLayer of(String name, Layer layer, NeuralNetConfiguration configuration) {
    return layer instanceof SiteLayer siteLayer
        ? new SiteLayerHosting(siteLayer)
        : StockHostings.of(name, layer, configuration);
  }
}
