package org.peft4j.internal.wrapped;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Activity;

/**
 * The passes through one wrapped network and the changes of its adapters. Passes of several threads
 * may overlap; a pass and a change may not, nor may a change of the base model's weights and a pass
 * of another network over them.
 */
public final class Traffic {
  private final Gate gate = new Gate();
  private final BaseUse base;
  private final Activity activity;

  private Traffic(BaseUse base, Activity activity) {
    this.base = base;
    this.activity = activity;
  }

  static Traffic over(Object base, Activity activity) {
    return new Traffic(BaseUse.of(base), activity);
  }

  /** The traffic of a clone over the same base model. */
  Traffic ofClone(Activity itsActivity) {
    return new Traffic(base, itsActivity);
  }

  /** Runs a pass over a batch. */
  <T> T pass(@Nullable INDArray input, Supplier<T> work) {
    enter();
    try {
      if (input != null) {
        activity.requireBatch(input.size(0));
      }
      return work.get();
    } finally {
      leave();
    }
  }

  /** Runs what needs the adapters and weights as they are. */
  public <T> T pass(Supplier<T> work) {
    return pass(null, work);
  }

  void pass(Runnable work) {
    pass(
        () -> {
          work.run();
          return true;
        });
  }

  /** Runs steps of training. */
  void training(long parameters, Runnable work) {
    pass(
        () -> {
          if (parameters == 0) {
            throw new PeftException(
                "No adapter is active, so nothing would train. Add one with addAdapter or"
                    + " loadAdapter, and activate it with setActive.");
          }
          work.run();
        });
  }

  private void enter() {
    gate.enter();
    try {
      base.enter(this);
    } catch (PeftException e) {
      gate.leave();
      throw e;
    }
  }

  private void leave() {
    base.leave();
    gate.leave();
  }

  /**
   * Runs a change of this network's adapters.
   *
   * @param what it does, for messages
   * @throws PeftException if another thread uses this network; nothing is changed then
   */
  public void change(String what, Runnable work) {
    gate.change(what, work);
  }

  /**
   * Runs a change of the base model's weights.
   *
   * @throws PeftException also if another thread uses another network over them
   */
  public void changeBase(String what, Runnable work) {
    gate.change(what, () -> base.change(this, what, work));
  }

  /** Notes whether this network's adapters are in the base model's weights. */
  public void setMerged(boolean merged) {
    base.setMergedBy(merged ? this : null);
  }

  /** Refuses every pass and change from now on. */
  public void close() {
    gate.close();
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return gate.isClosed();
  }

  /**
   * @throws PeftException if this is closed
   */
  public void requireOpen() {
    if (isClosed()) {
      throw Gate.closedAlready();
    }
  }
}
