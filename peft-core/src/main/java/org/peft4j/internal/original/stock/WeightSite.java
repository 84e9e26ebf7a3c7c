package org.peft4j.internal.original.stock;

import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.weight.WeightView;

/**
 * A site of a layer that runs on effective weights.
 *
 * @param parameter the key of the site's weight in the layer's parameter table
 * @param view the view of that array as the site's weight
 */
record WeightSite(Site site, String parameter, WeightView view) {
  /** The same, a linear map with the role that maps have in that layer. */
  WeightSite inLayerOf(StockLayer base) {
    return site.kind() == SiteKind.LINEAR
        ? new WeightSite(site.as(base.roleOfMaps()), parameter, view)
        : this;
  }
}
