package org.peft4j.internal.wrapped;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.internal.adapted.AdaptedLayerConf;
import org.peft4j.internal.adapted.AdaptedVertexConf;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.original.SelfDescribedLayer;
import org.peft4j.internal.original.stock.StockOriginals;
import org.peft4j.site.Site;

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
   * Fails for a layer that carries adapters already.
   *
   * @param configuration the network's configuration of it
   */
  static void requireFrozenModel(Object configuration) {
    if (configuration instanceof AdaptedLayerConf || configuration instanceof AdaptedVertexConf) {
      throw new PeftException(
          "This network is wrapped already: its parameters are adapters. Add another adapter with"
              + " addAdapter, or wrap the base model, which base() returns.");
    }
  }

  /** Fails where two layers or their sites have the same name, so that neither can be named. */
  static void put(Map<String, OriginalPart> originals, String name, OriginalPart part) {
    Set<String> names = new HashSet<>();
    originals.values().forEach(other -> other.sites().forEach(site -> names.add(site.name())));
    String taken =
        originals.containsKey(name)
            ? name
            : part.sites().stream()
                .map(Site::name)
                .filter(names::contains)
                .findFirst()
                .orElse(null);
    if (taken != null) {
      throw new PeftException(
          "Two modules of this network are named "
              + taken
              + ", so that no adapter could be told where to go. Give every layer a name of its own,"
              + " and none that ends in a dot and the name of another's parameter.");
    }
    originals.put(name, part);
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
