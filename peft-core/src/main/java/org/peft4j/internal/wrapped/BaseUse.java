package org.peft4j.internal.wrapped;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/** The use of one base model's weights by all networks that are wrapped around it. */
final class BaseUse {
  private static final List<BaseUse> KNOWN = new ArrayList<>();

  private final WeakReference<Object> base;
  private final Gate gate = new Gate();
  private volatile @Nullable Object mergedBy;

  private BaseUse(Object base) {
    this.base = new WeakReference<>(base);
  }

  /** The use of {@code base}, by identity: Deeplearning4j's networks are equal by their values. */
  static BaseUse of(Object base) {
    synchronized (KNOWN) {
      KNOWN.removeIf(use -> use.base.get() == null);
      return KNOWN.stream()
          .filter(use -> use.base.get() == base)
          .findFirst()
          .orElseGet(
              () -> {
                BaseUse use = new BaseUse(base);
                KNOWN.add(use);
                return use;
              });
    }
  }

  /**
   * Begins a pass of a network over the weights.
   *
   * @param network whose pass it is
   * @throws PeftException if the weights change now, or hold what another network has merged
   */
  void enter(Object network) {
    gate.enter();
    Object merger = mergedBy;
    if (merger != null && merger != network) {
      gate.leave();
      throw new PeftException(
          "The base model's weights hold adapters now that another model or clone of it has merged."
              + " Nothing was computed. Close that scope first, or give each its own copy of the"
              + " base model.");
    }
  }

  void leave() {
    gate.leave();
  }

  /**
   * Runs a change of the weights.
   *
   * @param network who changes them
   * @throws PeftException if another thread uses them, or they hold what another network has merged
   */
  void change(Object network, String what, Runnable work) {
    gate.change(
        what,
        () -> {
          if (mergedBy != null && mergedBy != network) {
            throw new PeftException(
                "The base model's weights hold adapters already that another model or clone of it"
                    + " has merged; close that scope before "
                    + what
                    + ".");
          }
          work.run();
        });
  }

  /** Notes who has merged adapters into the weights; null for nobody. */
  void setMergedBy(@Nullable Object network) {
    mergedBy = network;
  }
}
