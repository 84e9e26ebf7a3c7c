package org.peft4j.internal.wrapped;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * Lets any number of passes through at once, or one change. Whoever comes second fails at once
 * instead of computing something that is neither the old nor the new. What a thread does within its
 * own pass or change is let through.
 */
final class Gate {
  private static final int CHANGE = 1 << 30;

  /** The passes under way, plus {@link #CHANGE} during a change. */
  private final AtomicInteger state = new AtomicInteger();

  private final ThreadLocal<int[]> ofThisThread = ThreadLocal.withInitial(() -> new int[1]);
  private volatile @Nullable Thread changer;
  private volatile String change = "";
  private volatile boolean closed;

  /**
   * Begins a pass; {@link #leave} ends it.
   *
   * @throws PeftException if another thread changes the model, or it is closed
   */
  void enter() {
    if (closed) {
      throw closedAlready();
    }
    int now = state.getAndIncrement();
    if (now >= CHANGE && changer != Thread.currentThread()) {
      state.getAndDecrement();
      throw new PeftException(
          "Another thread is "
              + change
              + " now, so this pass would compute with some of the old adapters and some of the"
              + " new. Nothing was computed. Run passes and changes one after the other: see"
              + " \"One base model in a server\" in docs/threads.md.");
    }
    ofThisThread.get()[0]++;
  }

  void leave() {
    ofThisThread.get()[0]--;
    state.getAndDecrement();
  }

  /**
   * Runs a change.
   *
   * @param what it does, for messages: "changing the active adapters"
   * @throws PeftException if another thread runs a pass or a change, or the model is closed
   */
  void change(String what, Runnable work) {
    if (changer == Thread.currentThread()) {
      work.run();
      return;
    }
    if (closed) {
      throw closedAlready();
    }
    int own = ofThisThread.get()[0];
    if (!state.compareAndSet(own, own + CHANGE)) {
      throw new PeftException(
          "Another thread uses this model now, so "
              + what
              + " would change numbers under it. Nothing was changed. Run passes and changes one"
              + " after the other: see \"One base model in a server\" in docs/threads.md.");
    }
    change = what;
    changer = Thread.currentThread();
    try {
      work.run();
    } finally {
      changer = null;
      state.getAndAdd(-CHANGE);
    }
  }

  /** Refuses everything from now on. */
  void close() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  static PeftException closedAlready() {
    return new PeftException(
        "This model is closed: its adapters' memory is freed. Wrap the base model again, or use it"
            + " as it is.");
  }
}
