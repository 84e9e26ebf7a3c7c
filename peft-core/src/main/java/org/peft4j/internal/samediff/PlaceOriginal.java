package org.peft4j.internal.samediff;

import java.util.List;
import org.peft4j.adapter.Adapter;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.samediff.sites.GraphPlace;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/** The place after a variable, as planning sees it. It has no weights. */
record PlaceOriginal(GraphPlace place) implements OriginalPart {
  @Override
  public List<Site> sites() {
    return List.of(place.site());
  }

  @Override
  public FrozenWeight frozen(Site of, String parameter) {
    throw new IllegalArgumentException("No parameters at " + of.name() + ".");
  }

  @Override
  public void requireTaken(Adapter adapter) {
    GraphOriginal.requireAlone(adapter);
  }
}
