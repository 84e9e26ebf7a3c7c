package org.peft4j.host.stock;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.host.HostedModel;
import org.peft4j.host.Slot;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Adapters of low rank for every site that can carry one. */
public final class TestSlots {
  private TestSlots() {}

  /** One slot for each site; {@code act} whether the adapters change anything. */
  public static List<Slot> everywhere(HostedModel<?> hosted, boolean act) {
    Nd4j.getRandom().setSeed(5);
    List<Slot> slots = new ArrayList<>();
    for (Site site : sites(hosted)) {
      slots.add(LowRankTestAdapter.slot("default", site, hosted.dataType(), act));
    }
    return slots;
  }

  /** One slot after each layer that has a place there. */
  public static List<Slot> afterLayers(HostedModel<?> hosted, boolean act) {
    Nd4j.getRandom().setSeed(6);
    return hosted.hostings().values().stream()
        .flatMap(h -> h.sites().stream())
        .filter(s -> s.kind() == SiteKind.SUBLAYER)
        .map(s -> SublayerTestAdapter.slot("default", s, hosted.dataType(), act))
        .toList();
  }

  private static List<Site> sites(HostedModel<?> hosted) {
    return hosted.hostings().values().stream()
        .flatMap(h -> h.sites().stream())
        .filter(
            s ->
                s.kind().isModule() && s.kind() != SiteKind.PARAMETERS && s.kind() != SiteKind.NORM)
        .toList();
  }
}
