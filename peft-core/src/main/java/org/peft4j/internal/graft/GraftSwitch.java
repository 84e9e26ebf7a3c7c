package org.peft4j.internal.graft;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.PromptState;
import org.peft4j.method.RandomMasks;
import org.peft4j.site.Site;

/**
 * What all replicas of a wrapped model share at run time: whether its adapters act, and the seed of
 * its random masks.
 */
public final class GraftSwitch implements RandomMasks {
  private final AtomicInteger disabled = new AtomicInteger();
  private final AtomicInteger deterministic = new AtomicInteger();
  private final AtomicLong passes = new AtomicLong();
  private final ThreadLocal<PromptState> prompt = ThreadLocal.withInitial(PromptState::new);
  private final ThreadLocal<@Nullable String> only = new ThreadLocal<>();
  private volatile Set<String> merged = Set.of();
  private volatile List<String> rows = List.of();
  private volatile List<Integer> tasks = List.of();
  private volatile long seed;
  private volatile @Nullable BiConsumer<Site, INDArray> observer;

  public GraftSwitch(long seed) {
    this.seed = seed;
  }

  /**
   * The adapter of each sequence of the batches to come; empty where all active ones act on all.
   */
  public List<String> rows() {
    return only.get() == null ? rows : List.of();
  }

  /**
   * Does something of this thread's while one adapter, and no other, acts: on the rows that it was
   * named for.
   */
  public <T> T only(String adapter, Supplier<T> what) {
    only.set(adapter);
    try {
      return what.get();
    } finally {
      only.remove();
    }
  }

  /**
   * The runs of rows that have the same adapter.
   *
   * @param count the number of rows, the same for every sequence of the batch
   * @param place what has these rows, for messages
   */
  public List<RowRun> runs(long count, String place) {
    return RowRun.of(rows(), count, place);
  }

  /** Sets the adapter of each sequence of the batches to come. */
  public void setRows(List<String> names) {
    rows = List.copyOf(names);
  }

  /** The task of each sequence of the batches to come. */
  public List<Integer> tasks() {
    return tasks;
  }

  /** Sets the task of each sequence of the batches to come. */
  public void setTasks(List<Integer> numbers) {
    tasks = List.copyOf(numbers);
  }

  /** What the layers of this thread's pass tell each other. */
  public PromptState prompt() {
    PromptState state = prompt.get();
    state.setTasks(tasks);
    return state;
  }

  /** Who is shown the inputs of linear sites; null if nobody. */
  @Nullable BiConsumer<Site, INDArray> observer() {
    return observer;
  }

  /** Sets who is shown the inputs of linear sites; null for nobody. */
  public void setObserver(@Nullable BiConsumer<Site, INDArray> value) {
    observer = value;
  }

  /** Whether an adapter acts: not disabled, and not merged into the weights. */
  public boolean on(String adapter) {
    String one = only.get();
    return disabled.get() == 0 && !merged.contains(adapter) && (one == null || one.equals(adapter));
  }

  /** Whether a scope of disabled adapters is open. */
  public boolean isDisabled() {
    return disabled.get() > 0;
  }

  /** Whether any adapter is merged into the weights at present. */
  public boolean isMerged() {
    return !merged.isEmpty();
  }

  /** Opens ({@code +1}) or closes ({@code -1}) a scope in which adapters do not act. */
  public void disable(int change) {
    disabled.addAndGet(change);
  }

  /** Says which adapters are merged into the weights. */
  public void setMerged(Set<String> adapters) {
    merged = Set.copyOf(adapters);
  }

  /** Opens ({@code +1}) or closes ({@code -1}) a scope in which training is without dropout. */
  public void withoutDropout(int change) {
    deterministic.addAndGet(change);
  }

  /** Whether a training pass drops anything at random. */
  public boolean dropsInTraining() {
    return deterministic.get() == 0;
  }

  /** A seed for the next training pass of one layer: the same sequence for the same model seed. */
  public long nextPassSeed() {
    return mix(seed + 0x9E3779B97F4A7C15L * passes.incrementAndGet());
  }

  @Override
  public long passes() {
    return passes.get();
  }

  @Override
  public void restore(long newSeed, long newPasses) {
    seed = newSeed;
    passes.set(newPasses);
  }

  @Override
  public long seed() {
    return seed;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
