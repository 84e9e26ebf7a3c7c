package org.peft4j.host.stock;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.host.HostedLayer;
import org.peft4j.host.HostsLayer;
import org.peft4j.module.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;

/**
 * Hosts a batch normalisation, with its running statistics. Its gain and bias can be trained as a
 * copy; the statistics cannot.
 */
record NormHosting(BaseLayerSource base, Site site, StockWeights weights) implements HostsLayer {
  static NormHosting of(String name, BaseLayerSource base) {
    List<SiteParameter> affine =
        List.of(BatchNormalizationParamInitializer.GAMMA, BatchNormalizationParamInitializer.BETA)
            .stream()
            .filter(base.layer().paramTable()::containsKey)
            .map(key -> StockParameters.describe(key, base.layer().getParam(key)))
            .toList();
    return new NormHosting(
        base,
        Site.parameters(name, name, SiteKind.NORM, affine),
        new StockWeights(base.layer().paramTable(), Map.of()));
  }

  @Override
  public List<Site> sites() {
    return List.of(site);
  }

  @Override
  public FrozenWeight frozen(Site of, String parameter) {
    return weights.get(parameter);
  }

  @Override
  public HostedLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    FrozenStatistics layer =
        new FrozenStatistics(base.ownConfiguration(), type, grafts.at(site.name()));
    layer.setIndex(index);
    layer.setParamsViewArray(base.layer().params());
    layer.setParamTable(new LinkedHashMap<>(base.layer().paramTable()));
    return HostedLayer.of(layer);
  }
}
