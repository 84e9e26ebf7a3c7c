package org.peft4j.transformers.internal.layer;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;

/** The layers of a model, in its own graph or in one that is wrapped around it. */
final class OwnLayers {
  private OwnLayers() {}

  /** The layer itself, or the one that runs in an adapted layer. */
  static Layer own(Layer layer) {
    return layer instanceof BaseWrapperLayer wrapper ? own(wrapper.getUnderlying()) : layer;
  }
}
