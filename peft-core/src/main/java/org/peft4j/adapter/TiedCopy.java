package org.peft4j.adapter;

import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/**
 * The use of a {@link TrainableCopy} at another site that shares its frozen weight. It has no
 * tensors: the module of the copy shares them in the pass.
 *
 * @param site the other site
 * @param copy the copy
 */
public record TiedCopy(Site site, TrainableCopy copy) implements Adapter {
  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  public boolean readsWeight() {
    return true;
  }

  /** The parameter here that the copy replaces: the shared weight. */
  public SiteParameter copied() {
    return site.parameters().get(0);
  }
}
