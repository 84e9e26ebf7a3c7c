package org.peft4j.internal.samediff;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.peft4j.memory.DetachedArrays;

/** The updater's state of every set of adapters that has trained, which returns with the set. */
final class UpdaterStates {
  private final SameDiff graph;
  private final Map<List<String>, Map<String, GradientUpdater<?>>> aside = new HashMap<>();

  UpdaterStates(SameDiff graph) {
    this.graph = graph;
  }

  /** Takes the state of the present set out of the graph. */
  void putAside(List<String> names) {
    Map<String, GradientUpdater> now = graph.getUpdaterMap();
    if (now != null && !now.isEmpty()) {
      Map<String, GradientUpdater<?>> kept = new HashMap<>();
      now.forEach(kept::put);
      aside.put(names, kept);
      now.clear();
    }
  }

  /**
   * Gives the graph the state of another set, or a new one. A graph that has not trained makes its
   * own at its first step.
   *
   * @param parameters the set's arrays, by the names of their variables
   */
  void bringBack(List<String> names, Map<String, INDArray> parameters) {
    Map<String, GradientUpdater<?>> kept = aside.remove(names);
    if (!graph.isInitializedTraining()) {
      return;
    }
    Map<String, GradientUpdater> now = graph.getUpdaterMap();
    if (kept != null) {
      now.putAll(kept);
      return;
    }
    IUpdater updater = Objects.requireNonNull(graph.getTrainingConfig()).getUpdater();
    parameters.forEach((name, array) -> now.put(name, fresh(updater, array)));
  }

  private static GradientUpdater<?> fresh(IUpdater updater, INDArray array) {
    long size = updater.stateSize(array.length());
    INDArray state = size == 0 ? null : DetachedArrays.zeros(array.dataType(), 1, size);
    GradientUpdater<?> made = updater.instantiate(state, false);
    made.setStateViewArray(state, array.shape(), array.ordering(), true);
    return made;
  }

  /** Forgets the state of every set with that adapter. */
  void forget(String adapter) {
    aside.keySet().removeIf(names -> names.contains(adapter));
  }
}
