package org.peft4j.internal.original.stock;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.OutputPlace;
import org.peft4j.internal.original.TwinLayer;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/** The layer {@code inner} with one more site: the place after its activation. */
record OriginalWithPlace(OriginalLayer inner, OutputPlace place) implements OriginalLayer {
  @Override
  public List<Site> sites() {
    List<Site> sites = new ArrayList<>(inner.sites());
    sites.add(place.site());
    return sites;
  }

  @Override
  public FrozenWeight frozen(Site site, String parameter) {
    return inner.frozen(site, parameter);
  }

  @Override
  public boolean rowsApart() {
    return inner.rowsApart();
  }

  @Override
  public boolean rowsApart(LayerGrafts grafts) {
    return inner.rowsApart(grafts);
  }

  @Override
  public boolean takesBias(Site site) {
    return inner.takesBias(site);
  }

  @Override
  public TwinLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    return inner.build(configuration, index, grafts, type).withOutput(place);
  }
}
