package org.peft4j.internal.wrapped;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;

/** A task that is done once, when it is first wanted, and not at all if it never is. */
final class Deferred {
  private @Nullable Runnable task;

  void set(Runnable next) {
    task = next;
  }

  /** Does it, in memory that outlives the workspaces that are open. */
  void run() {
    Runnable now = task;
    if (now != null) {
      task = null;
      try (MemoryWorkspace none = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
        now.run();
      }
    }
  }
}
