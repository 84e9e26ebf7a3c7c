package org.peft4j.internal.model;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.SharingAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.merge.MergedState;
import org.peft4j.internal.merge.Merger;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.kernel.Kernels;
import org.peft4j.site.Site;

/**
 * Merges adapters into a model's own weights for a while, or into a copy for good.
 *
 * @param <M> the class of the model
 */
public final class Merging<M> {
  private final WrappedModel<M> wrapped;
  private final Kernels kernels;
  private @Nullable MergedState state;

  public Merging(WrappedModel<M> wrapped, Kernels kernels) {
    this.wrapped = wrapped;
    this.kernels = kernels;
  }

  /**
   * Merges these slots, and disables {@code names} beside them. The returned task undoes both.
   * Where every adapter is disabled, the merged weights take effect when that ends.
   */
  public Runnable merge(List<Slot> slots, Set<String> names) {
    MergedState merged = new Merger(wrapped.originals().values(), kernels).merge(slots);
    state = merged;
    wrapped.shared().activity().setMerged(names);
    if (wrapped.shared().activity().isDisabled()) {
      merged.suspend();
    }
    return () -> {
      merged.end();
      // A scope of no adapters may end after another has begun.
      if (state == merged) {
        state = null;
        wrapped.shared().activity().setMerged(Set.of());
      }
    };
  }

  /**
   * Disables every adapter, and puts merged weights back for the time. The returned task undoes it.
   */
  public Runnable disable() {
    wrapped.shared().activity().disable(1);
    if (state != null) {
      state.suspend();
    }
    return () -> {
      wrapped.shared().activity().disable(-1);
      if (state != null && !wrapped.shared().activity().isDisabled()) {
        state.resume();
      }
    };
  }

  /**
   * A copy of the base model with these slots merged.
   *
   * @throws PeftException if its weights are not in Deeplearning4j's parameter vector
   */
  public M copy(List<Slot> slots) {
    if (wrapped.originals().values().stream().anyMatch(OriginalPart::external)) {
      throw new PeftException(
          "This model's weights are not in Deeplearning4j's parameter vector. Save a merged"
              + " checkpoint instead: in the scope of merged(), save the base model.");
    }
    M copy = wrapped.copyOfBase();
    new Merger(wrapped.originals(copy).values(), kernels).merge(slots).keep();
    return copy;
  }

  /** Whether an adapter is at a site, or changes the weight that the site shares. */
  public static boolean actsAt(Adapter adapter, Site site) {
    boolean shared = adapter instanceof SharingAdapter sharing && sharing.tied().contains(site);
    return shared || adapter.site().name().equals(site.name());
  }
}
