package org.peft4j.internal.original;

import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;

/**
 * What has to happen around the passes of a hosted layer or vertex whose implementation is
 * Deeplearning4j's own and knows nothing of adapters.
 */
public interface PassHooks extends AutoCloseable {
  /** For an implementation that needs nothing done. */
  PassHooks NONE = new PassHooks() {};

  /** A new input has come: random masks are to be drawn anew. */
  default void newInput() {}

  /** Called before each forward pass over the input. */
  default void beforeForward(boolean training) {}

  /** Called before the backward pass over the input. */
  default void beforeBackward(LayerWorkspaceMgr workspaces) {}

  /** What the gradient from above is multiplied with before the backward pass. */
  default double epsilonScale() {
    return 1;
  }

  /**
   * Called after the backward pass over the input: adapter gradients are to be written now.
   *
   * @param gradient what the hosted implementation returned
   */
  default void afterBackward(Gradient gradient) {}

  /** Whether there is native memory that {@link #close} frees for good. */
  default boolean ownsMemory() {
    return false;
  }

  /** Frees native memory that is the hosted layer's own. */
  @Override
  default void close() {}
}
