package org.peft4j.internal.original.stock;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.GraftSwitch;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Adapters of low rank for every site that can carry one. */
public final class TestSlots {
  private TestSlots() {}

  /** A network, hosted. */
  static WrappedNetwork host(MultiLayerNetwork base) {
    return WrappedNetwork.of(base, new GraftSwitch(3), new Nd4jKernels());
  }

  /** A copy of the base with every ΔW added to its weight. */
  static MultiLayerNetwork merged(WrappedNetwork hosted, List<Slot> slots) {
    MultiLayerNetwork copy = hosted.copyOfBase();
    for (Slot slot : slots) {
      Tensors values = slot.values();
      hosted.hostings(copy).values().stream()
          .filter(h -> h.sites().contains(slot.adapter().site()))
          .forEach(
              h ->
                  h.weight(slot.adapter().site())
                      .addi(((LowRankTestAdapter) slot.adapter()).delta(values)));
    }
    return copy;
  }

  /** One slot for each site; {@code act} whether the adapters change anything. */
  public static List<Slot> everywhere(WrappedModel<?> hosted, boolean act) {
    Nd4j.getRandom().setSeed(5);
    List<Slot> slots = new ArrayList<>();
    for (Site site : sites(hosted)) {
      slots.add(LowRankTestAdapter.slot("default", site, hosted.dataType(), act));
    }
    return slots;
  }

  /** One slot after each layer that has a place there. */
  public static List<Slot> afterLayers(WrappedModel<?> hosted, boolean act) {
    Nd4j.getRandom().setSeed(6);
    return hosted.hostings().values().stream()
        .flatMap(h -> h.sites().stream())
        .filter(s -> s.kind() == SiteKind.SUBLAYER)
        .map(s -> SublayerTestAdapter.slot("default", s, hosted.dataType(), act))
        .toList();
  }

  private static List<Site> sites(WrappedModel<?> hosted) {
    return hosted.hostings().values().stream()
        .flatMap(h -> h.sites().stream())
        .filter(
            s ->
                s.kind().isModule() && s.kind() != SiteKind.PARAMETERS && s.kind() != SiteKind.NORM)
        .toList();
  }
}
