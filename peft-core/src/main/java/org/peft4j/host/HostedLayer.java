package org.peft4j.host;

import org.deeplearning4j.nn.api.Layer;

/** A layer over frozen arrays, and what has to happen around its passes. */
public record HostedLayer(Layer layer, PassHooks hooks) {
  /** A layer that hosts its adapters by itself. */
  public static HostedLayer of(Layer layer) {
    return new HostedLayer(layer, PassHooks.NONE);
  }
}
