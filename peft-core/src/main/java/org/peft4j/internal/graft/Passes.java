package org.peft4j.internal.graft;

import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.PassState;
import org.peft4j.site.Site;

/** The passes through a model: the state of each thread's, their tasks, and who observes them. */
public final class Passes {
  private final ThreadLocal<PassState> current = ThreadLocal.withInitial(PassState::new);
  private volatile List<Integer> tasks = List.of();
  private volatile @Nullable BiConsumer<Site, INDArray> observer;

  /** The state of this thread's pass, with the tasks that are set now. */
  public PassState current() {
    PassState state = current.get();
    state.setTasks(tasks);
    return state;
  }

  /** The task of each sequence of the next batches. */
  public List<Integer> tasks() {
    return tasks;
  }

  /** Sets the task of each sequence of the next batches. */
  public void setTasks(List<Integer> numbers) {
    tasks = List.copyOf(numbers);
  }

  /** Shows the input [rows, in] of a linear site to the observer, if there is one. */
  void observe(Site site, INDArray x) {
    BiConsumer<Site, INDArray> now = observer;
    if (now != null) {
      now.accept(site, x);
    }
  }

  /** Who sees the inputs of linear sites; null for nobody. */
  public @Nullable BiConsumer<Site, INDArray> observer() {
    return observer;
  }

  /** Sets who sees the inputs of linear sites; null for nobody. */
  public void setObserver(@Nullable BiConsumer<Site, INDArray> value) {
    observer = value;
  }
}
