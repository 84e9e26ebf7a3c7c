package org.peft4j.internal.original.stock;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.weight.FrozenWeight;

/** Adapters of low rank for every site that can carry one. */
public final class TestSlots {
  private TestSlots() {}

  /** A network, wrapped. */
  static WrappedNetwork wrap(MultiLayerNetwork base) {
    return WrappedNetwork.of(base, SharedState.of(3), new Nd4jKernels());
  }

  /** A copy of the base with every ΔW added to its weight. */
  static MultiLayerNetwork merged(WrappedNetwork wrapped, List<Slot> slots) {
    MultiLayerNetwork copy = wrapped.copyOfBase();
    for (Slot slot : slots) {
      Tensors values = slot.values();
      wrapped.originals(copy).values().stream()
          .filter(h -> h.sites().contains(slot.adapter().site()))
          .forEach(
              h ->
                  weight(h, slot.adapter().site())
                      .addi(((LowRankTestAdapter) slot.adapter()).delta(values)));
    }
    return copy;
  }

  private static INDArray weight(OriginalPart original, Site site) {
    FrozenWeight weight = original.frozen(site, site.parameters().get(0).name());
    return weight.view().of(weight.array().orElseThrow());
  }

  /** One slot for each site; {@code act} whether the adapters change anything. */
  public static List<Slot> everywhere(WrappedModel<?> wrapped, boolean act) {
    Nd4j.getRandom().setSeed(5);
    List<Slot> slots = new ArrayList<>();
    for (Site site : sites(wrapped)) {
      slots.add(LowRankTestAdapter.slot("default", site, wrapped.dataType(), act));
    }
    return slots;
  }

  /** One slot after each layer that has a place there. */
  public static List<Slot> afterLayers(WrappedModel<?> wrapped, boolean act) {
    Nd4j.getRandom().setSeed(6);
    return wrapped.originals().values().stream()
        .flatMap(h -> h.sites().stream())
        .filter(s -> s.kind() == SiteKind.SUBLAYER)
        .map(s -> SublayerTestAdapter.slot("default", s, wrapped.dataType(), act))
        .toList();
  }

  private static List<Site> sites(WrappedModel<?> wrapped) {
    return wrapped.originals().values().stream()
        .flatMap(h -> h.sites().stream())
        .filter(
            s ->
                s.kind().isModule() && s.kind() != SiteKind.PARAMETERS && s.kind() != SiteKind.NORM)
        .toList();
  }
}
