package org.peft4j.internal.wrapped;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names the training settings of a base layer that do not reach its adapters, because they are
 * rules for the layer's own parameters: constraints, weight noise, and the moving centres of a
 * centre loss.
 */
final class FrozenSettings {
  private static final Logger LOG = LoggerFactory.getLogger(FrozenSettings.class);

  private FrozenSettings() {}

  /** Logs a warning if {@code layer} has such settings. */
  static void warn(String name, Layer layer) {
    List<String> settings = of(layer);
    if (!settings.isEmpty()) {
      LOG.warn(
          "Layer {}: {}. They are for the layer's own parameters, which are frozen; adapters train"
              + " without them.",
          name,
          String.join("; ", settings));
    }
  }

  /** The settings, in words. */
  static List<String> of(Layer layer) {
    if (layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop) {
      return List.of();
    }
    if (layer instanceof BaseWrapperLayer wrapper) {
      return of(wrapper.getUnderlying());
    }
    List<String> settings = new ArrayList<>();
    if (layer.getConstraints() != null && !layer.getConstraints().isEmpty()) {
      settings.add("constraints " + layer.getConstraints());
    }
    if (layer instanceof BaseLayer base && base.getWeightNoise() != null) {
      settings.add("weight noise " + base.getWeightNoise());
    }
    if (layer instanceof CenterLossOutputLayer) {
      settings.add("the update of the centres");
    }
    return settings;
  }
}
