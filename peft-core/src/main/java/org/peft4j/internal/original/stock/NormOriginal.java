package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.TwinLayer;
import org.peft4j.internal.original.twin.BatchNormTwin;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;

/**
 * A batch normalisation. Its gain and bias can train as a copy; its running statistics stay frozen.
 */
record NormOriginal(StockLayer base, Site site, StockWeights weights) implements OriginalLayer {
  static NormOriginal of(String name, StockLayer base) {
    List<SiteParameter> affine =
        List.of(BatchNormalizationParamInitializer.GAMMA, BatchNormalizationParamInitializer.BETA)
            .stream()
            .filter(base.layer().paramTable()::containsKey)
            .map(key -> StockParameters.describe(key, base.layer().getParam(key)))
            .toList();
    return new NormOriginal(
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
  public TwinLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    SiteGrafts at = grafts.at(site.name());
    return base.twin(new BatchNormTwin(base.ownConfiguration(), type, at), index);
  }
}
