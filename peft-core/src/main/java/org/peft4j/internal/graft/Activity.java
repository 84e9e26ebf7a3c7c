package org.peft4j.internal.graft;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/** Which of a model's active adapters act now, and on which rows. */
public final class Activity {
  private final AtomicInteger disabled = new AtomicInteger();
  private final ThreadLocal<@Nullable String> only = new ThreadLocal<>();
  private volatile Set<String> merged = Set.of();
  private volatile List<String> rows = List.of();

  /** Whether an adapter acts: neither disabled nor merged, nor left out by {@link #only}. */
  public boolean on(String adapter) {
    String one = only.get();
    return disabled.get() == 0 && !merged.contains(adapter) && (one == null || one.equals(adapter));
  }

  /** Whether a scope of disabled adapters is open. */
  public boolean isDisabled() {
    return disabled.get() > 0;
  }

  /** Opens ({@code +1}) or closes ({@code -1}) a scope in which no adapter acts. */
  public void disable(int change) {
    disabled.addAndGet(change);
  }

  /** Whether any adapter is merged into the weights now. */
  public boolean isMerged() {
    return !merged.isEmpty();
  }

  /** Sets which adapters are merged into the weights. */
  public void setMerged(Set<String> adapters) {
    merged = Set.copyOf(adapters);
  }

  /** The adapter of each sequence of the batch; empty where all active ones act on all. */
  public List<String> rows() {
    return only.get() == null ? rows : List.of();
  }

  /** Sets the adapter of each sequence of the next batches. */
  public void setRows(List<String> names) {
    rows = List.copyOf(names);
  }

  /**
   * The runs of rows with the same adapter.
   *
   * @param count the number of rows, the same for every sequence of the batch
   * @param place the layer or site with these rows, for messages
   */
  public List<RowRun> runs(long count, String place) {
    return RowRun.of(rows(), count, place);
  }

  /**
   * Refuses a batch that has not one sequence for each named adapter.
   *
   * @throws PeftException if adapters are named, and their number is another
   */
  public void requireBatch(long sequences) {
    int named = rows().size();
    if (named > 0 && named != sequences) {
      throw new PeftException(
          "Adapters were named for "
              + named
              + " sequences, but the batch has "
              + sequences
              + ". Name one adapter for each sequence of the batch.");
    }
  }

  /**
   * Refuses rows that are not one for each named adapter: a layer of Deeplearning4j cannot tell
   * which sequence each of more rows belongs to.
   *
   * @param place the layer, for messages
   * @throws PeftException if adapters are named, and their number is another
   */
  public void requireRowEach(long count, String place) {
    int named = rows().size();
    if (named > 0 && named != count) {
      throw new PeftException(
          place
              + " gets "
              + count
              + " rows for "
              + named
              + " sequences, because what is below it joins or stacks them, and cannot tell whose"
              + " they are. Make a batch for each adapter.");
    }
  }

  /** Runs {@code work} on this thread while one adapter acts on all rows, and no other does. */
  public <T> T only(String adapter, Supplier<T> work) {
    only.set(adapter);
    try {
      return work.get();
    } finally {
      only.remove();
    }
  }
}
