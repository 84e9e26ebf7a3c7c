package org.peft4j.internal.model;

import java.util.List;
import org.peft4j.internal.graft.Passes;
import org.peft4j.internal.wrapped.WrappedModel;

/**
 * Adapters and tasks of the single rows of a batch. Methods that begin a time return the task that
 * ends it.
 */
public final class RowScopes {
  private final WrappedModel<?> wrapped;
  private final ModelSites sites;
  private final AdapterSet adapters;
  private final Changes changes;

  public RowScopes(
      WrappedModel<?> wrapped, ModelSites sites, AdapterSet adapters, Changes changes) {
    this.wrapped = wrapped;
    this.sites = sites;
    this.adapters = adapters;
    this.changes = changes;
  }

  /** Gives each row one of the active adapters, or none. */
  public Runnable adapters(List<String> names) {
    return changes.scope(
        "giving each row an adapter",
        () -> {
          wrapped.requireKnownRows();
          RowAdapters.require(names, adapters.active(), adapters.activeSlots(), sites);
          adapters.requireUnmerged("giving each row an adapter");
          adapters.requireNoRows("giving each row another");
          wrapped.shared().activity().setRows(names);
        },
        this::clear);
  }

  /** Gives no row an adapter of its own any more. */
  public void clear() {
    wrapped.shared().activity().setRows(List.of());
  }

  /** Sets the task of each row of the next batches, or one for all. */
  public void setTasks(List<Integer> tasks) {
    changes.ofAdapters("setting tasks", () -> wrapped.shared().passes().setTasks(tasks));
  }

  /** Sets the task of each row for a time; an empty list keeps those that are set. */
  public Runnable tasks(List<Integer> tasks) {
    if (tasks.isEmpty()) {
      return () -> {};
    }
    Passes passes = wrapped.shared().passes();
    List<Integer> before = passes.tasks();
    return changes.scope(
        "setting tasks", () -> passes.setTasks(tasks), () -> passes.setTasks(before));
  }
}
