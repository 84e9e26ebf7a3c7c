package org.peft4j.host;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;

/**
 * A layer over frozen arrays, and what has to happen around its passes where its implementation is
 * Deeplearning4j's own and knows nothing of adapters.
 */
@FunctionalInterface
public interface HostedLayer extends AutoCloseable {
  /** The layer that runs. */
  Layer layer();

  /** A new input has come: random masks are to be drawn anew. */
  default void newInput() {}

  /** Called before each forward pass over the input. */
  default void beforeForward(boolean training) {}

  /** Called before the backward pass over the input. */
  default void beforeBackward(LayerWorkspaceMgr workspaces) {}

  /** Called after the backward pass over the input: adapter gradients are to be written now. */
  default void afterBackward() {}

  /** Frees native memory that is this layer's own. */
  @Override
  default void close() {}
}
