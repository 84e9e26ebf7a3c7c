package org.peft4j.internal.wrapped;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.SelfDescribedLayer;
import org.peft4j.internal.original.stock.StockOriginals;

/** Finds the original of a base layer. */
final class Originals {
  private Originals() {}

  /**
   * Fails for a model that has no parts yet, because {@code init()} was not called.
   *
   * @param parts its layers or vertices, which Deeplearning4j makes then
   */
  static void requireInitialised(Object @Nullable [] parts) {
    if (parts == null) {
      throw new PeftException(
          "The base model is not initialised: call init() on it, or load it, first.");
    }
  }

  /**
   * The original of {@code layer}.
   *
   * @param configuration the network's configuration of it; that of a wrapper layer itself
   *     describes what it wraps
   */
  static OriginalLayer of(String name, Layer layer, NeuralNetConfiguration configuration) {
    return layer instanceof SiteLayer siteLayer
        ? new SelfDescribedLayer(siteLayer)
        : StockOriginals.of(name, layer, configuration);
  }
}
