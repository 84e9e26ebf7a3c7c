package org.peft4j.host.stock;

import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.module.LayerGrafts;
import org.peft4j.site.Site;

/** Where adapters act in a layer with one matrix. */
record GraftPoint(LayerGrafts grafts, Site site) {
  GraftedProduct product(DataType type) {
    return new GraftedProduct(grafts, site, type);
  }

  GraftedLookup lookup() {
    return new GraftedLookup(grafts, site);
  }
}
