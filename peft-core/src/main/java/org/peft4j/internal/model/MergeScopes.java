package org.peft4j.internal.model;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.site.Site;

/** Times in which adapters are merged or disabled. Each method returns the task that ends one. */
public final class MergeScopes {
  private final WrappedModel<?> wrapped;
  private final ModelSites sites;
  private final AdapterSet adapters;
  private final Merging<?> merging;
  private final Changes changes;

  public MergeScopes(
      WrappedModel<?> wrapped,
      ModelSites sites,
      AdapterSet adapters,
      Merging<?> merging,
      Changes changes) {
    this.wrapped = wrapped;
    this.sites = sites;
    this.adapters = adapters;
    this.merging = merging;
    this.changes = changes;
  }

  /** Disables all adapters; merged weights are the base model's own again. */
  public Runnable disabled() {
    AtomicReference<Runnable> end = new AtomicReference<>();
    String what = "disabling the adapters";
    changes.ofWhatActs(what, () -> end.set(merging.disable()));
    return () -> changes.ofWhatActs("ending " + what, Objects.requireNonNull(end.get()));
  }

  /** Merges adapters, active or not; other active ones continue beside the merged weights. */
  public Runnable merged(List<String> names) {
    adapters.requireUnmerged("merging again");
    wrapped.traffic().requireOpen();
    Set<String> distinct = new LinkedHashSet<>(names);
    List<Slot> slots =
        distinct.stream().flatMap(name -> adapters.get(name).slots().stream()).toList();
    Slots.requireUntied(slots, sites);
    List<Slot> others =
        adapters.activeSlots().stream()
            .filter(slot -> !distinct.contains(slot.adapterName()))
            .toList();
    Slots.requireIndependent(others, slots);
    others.forEach(slot -> slot.adapter().rememberWeight(slot.values()));
    return merged(slots, distinct);
  }

  /** Merges the active adapters at one site, even where it shares its weight with another. */
  public Runnable mergedAt(Site site) {
    adapters.requireUnmerged("merging again");
    List<Slot> slots =
        adapters.activeSlots().stream()
            .filter(slot -> Merging.actsAt(slot.adapter(), site))
            .toList();
    return merged(slots, new LinkedHashSet<>(adapters.active()));
  }

  private Runnable merged(List<Slot> slots, Set<String> names) {
    AtomicReference<Runnable> end = new AtomicReference<>();
    changes.ofBase(
        "merging adapters",
        () -> {
          end.set(merging.merge(slots, names));
          wrapped.traffic().setMerged(true);
        });
    return () ->
        changes.ofBase(
            "undoing a merge",
            () -> {
              Objects.requireNonNull(end.get()).run();
              wrapped.traffic().setMerged(false);
            });
  }
}
