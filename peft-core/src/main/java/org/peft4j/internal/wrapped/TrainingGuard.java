package org.peft4j.internal.wrapped;

import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.NonFiniteException;

/** Surrounds the training steps of a wrapped network. */
final class TrainingGuard {
  private @Nullable Runnable preparation;

  /** Sets what to do once, when training is next prepared. */
  void before(Runnable task) {
    preparation = task;
  }

  /** Prepares training, in memory that outlives the open workspaces. */
  void prepare() {
    Runnable task = preparation;
    if (task != null) {
      preparation = null;
      try (MemoryWorkspace none = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
        task.run();
      }
    }
  }

  /**
   * Computes the gradients of a step. A loss that is infinite or NaN stops the training: gradients
   * may be finite nevertheless, because some operations of Deeplearning4j pass over NaN.
   *
   * @param clearMasks run if the step fails, so that its masks do not reach the next input
   * @throws NonFiniteException if loss or gradients are infinite or NaN
   */
  void step(Runnable gradients, DoubleSupplier loss, IntSupplier iteration, Runnable clearMasks) {
    prepare();
    try {
      gradients.run();
      if (!Double.isFinite(loss.getAsDouble())) {
        throw new NonFiniteException(iteration.getAsInt(), "loss");
      }
    } catch (RuntimeException e) {
      clearMasks.run();
      throw e;
    }
  }
}
