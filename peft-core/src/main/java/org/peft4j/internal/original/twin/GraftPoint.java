package org.peft4j.internal.original.twin;

import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;

/** Where adapters act in a layer with one matrix. */
public record GraftPoint(LayerGrafts grafts, Site site) {
  TwinProduct product(DataType type) {
    return new TwinProduct(grafts, site, type);
  }

  TwinLookup lookup() {
    return new TwinLookup(grafts, site);
  }
}
