package org.peft4j.host.stock;

import org.peft4j.module.LayerGrafts;
import org.peft4j.site.Site;

/** Where adapters act in a layer with one matrix. */
record GraftPoint(LayerGrafts grafts, Site site) {
  GraftedProduct product() {
    return new GraftedProduct(grafts, site);
  }

  GraftedLookup lookup() {
    return new GraftedLookup(grafts, site);
  }
}
