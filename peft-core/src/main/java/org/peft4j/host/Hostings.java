package org.peft4j.host;

import org.deeplearning4j.nn.api.Layer;
import org.peft4j.host.stock.StockHostings;
import org.peft4j.module.SiteLayer;

/** Chooses how a base layer is hosted. */
final class Hostings {
  private Hostings() {}

  static LayerHosting of(String name, Layer layer) {
    return layer instanceof SiteLayer siteLayer
        ? new SiteLayerHosting(siteLayer)
        : StockHostings.of(name, layer);
  }
}
