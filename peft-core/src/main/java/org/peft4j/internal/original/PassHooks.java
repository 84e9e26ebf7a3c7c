package org.peft4j.internal.original;

import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;

/**
 * The work around the passes of a twin whose implementation is Deeplearning4j's own and knows no
 * adapters.
 */
public interface PassHooks extends AutoCloseable {
  /** For a twin that needs no such work. */
  PassHooks NONE = new PassHooks() {};

  /** Called with a new input: the next pass draws new masks. */
  default void newInput() {}

  /** Called before each forward pass over the input. */
  default void beforeForward(boolean training) {}

  /** Called before the backward pass over the input. */
  default void beforeBackward(LayerWorkspaceMgr workspaces) {}

  /** The factor of the gradient from above before the backward pass. */
  default double epsilonScale() {
    return 1;
  }

  /**
   * Called after the backward pass over the input. Writes the adapters' gradients.
   *
   * @param gradient the twin's result
   */
  default void afterBackward(Gradient gradient) {}

  /** Whether {@link #close} frees native memory. */
  default boolean ownsMemory() {
    return false;
  }

  /** Frees the twin's own native memory. */
  @Override
  default void close() {}
}
