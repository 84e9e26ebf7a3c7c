package org.peft4j.internal.original;

import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;

/**
 * A layer over the base model's frozen arrays with grafts.
 *
 * @param hooks the work around its passes @param output the place after its activation, if it has
 *     one
 */
public record TwinLayer(Layer layer, PassHooks hooks, Optional<OutputPlace> output) {
  /** A layer without a place after it. */
  public TwinLayer(Layer layer, PassHooks hooks) {
    this(layer, hooks, Optional.empty());
  }

  /** A layer that runs its adapters itself. */
  public static TwinLayer of(Layer layer) {
    return new TwinLayer(layer, PassHooks.NONE);
  }

  /** The same layer with a place after it. */
  public TwinLayer withOutput(OutputPlace place) {
    return new TwinLayer(layer, hooks, Optional.of(place));
  }
}
