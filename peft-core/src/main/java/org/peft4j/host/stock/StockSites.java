package org.peft4j.host.stock;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;

/** The sites of the layers that run on effective weights. */
final class StockSites {
  private StockSites() {}

  /** The sites of a layer, in the order of its parameters. */
  static List<WeightSite> of(String name, Layer layer) {
    Map<String, INDArray> table = layer.paramTable();
    return table == null || table.isEmpty() ? List.of() : List.of(parameters(name, table));
  }

  private static WeightSite parameters(String name, Map<String, INDArray> table) {
    List<SiteParameter> all =
        table.entrySet().stream()
            .map(e -> StockParameters.describe(e.getKey(), e.getValue()))
            .toList();
    Site site = Site.parameters(name, name, SiteKind.PARAMETERS, all);
    return new WeightSite(site, all.get(0).name(), WeightSite.View.AS_IS);
  }
}
