package org.peft4j.internal.merge;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.Replacement;

/** Changes that are made and checked before the first of them is applied; all are, or none. */
final class Changes implements AutoCloseable {
  private final Deque<Change> waiting = new ArrayDeque<>();
  private final Map<FrozenWeight, Change> byWeight = new IdentityHashMap<>();

  void add(Change change) {
    waiting.add(change);
    byWeight.put(change.weight(), change);
  }

  /** The last change of a weight; null if there is none. */
  @Nullable Change of(FrozenWeight weight) {
    return byWeight.get(weight);
  }

  /** Applies them in their order. */
  MergedState apply() {
    waiting.forEach(Change::requireFinite);
    List<Replacement> applied = new ArrayList<>();
    try {
      while (!waiting.isEmpty()) {
        applied.add(waiting.element().apply());
        waiting.remove();
      }
    } catch (RuntimeException | Error e) {
      Collections.reverse(applied);
      applied.forEach(Replacement::close);
      throw e;
    }
    return new MergedState(applied);
  }

  /** Frees the values of those that were not applied. */
  @Override
  public void close() {
    waiting.forEach(change -> change.value().close());
  }
}
