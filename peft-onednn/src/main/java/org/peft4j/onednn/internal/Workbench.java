package org.peft4j.onednn.internal;

/**
 * What operations that run one after the other keep: compiled ones, which hold the addresses of
 * their call, and memory that they work in. Each thread has its own, and each lane, where
 * operations are compiled for a single thread.
 */
record Workbench(Primitives primitives, Scratchpad scratchpad) {
  private static final ThreadLocal<Workbench> OF_THREAD = ThreadLocal.withInitial(Workbench::empty);

  static Workbench empty() {
    return new Workbench(new Primitives(), new Scratchpad());
  }

  /** That of this lane or else of this thread. */
  static Workbench current() {
    Workbench lane = Lanes.workbench();
    return lane == null ? OF_THREAD.get() : lane;
  }
}
