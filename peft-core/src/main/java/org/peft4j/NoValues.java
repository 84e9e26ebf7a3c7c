package org.peft4j;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;

/** The values of a model that is only planned: there are none. */
record NoValues(List<Site> sites) implements FrozenValues {
  @Override
  public INDArray parameter(Site site, String name) {
    throw new IllegalStateException(
        "A plan has no values, " + site.name() + "." + name + " neither.");
  }

  @Override
  public INDArray weight(Site site) {
    return parameter(site, "weight");
  }

  /** Which arrays are shared is not known from shapes. */
  @Override
  public List<Site> tiedTo(Site site) {
    return List.of();
  }
}
