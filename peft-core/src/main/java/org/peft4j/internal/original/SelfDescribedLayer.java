package org.peft4j.internal.original;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/** A layer that describes its own sites and builds its own twin. */
public record SelfDescribedLayer(SiteLayer layer) implements OriginalLayer {
  @Override
  public List<Site> sites() {
    return layer.sites();
  }

  @Override
  public FrozenWeight frozen(Site site, String parameter) {
    return layer.frozen(site, parameter);
  }

  @Override
  public double lookUpFactor(Site site) {
    return layer.lookUpFactor(site);
  }

  @Override
  public Optional<String> modelType() {
    return layer.modelType();
  }

  @Override
  public boolean rowsApart() {
    return true;
  }

  @Override
  public boolean external() {
    return true;
  }

  @Override
  public TwinLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    SiteLayer twin = layer.graft(configuration, grafts);
    twin.setIndex(index);
    return TwinLayer.of(twin);
  }
}
