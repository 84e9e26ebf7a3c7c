package org.peft4j.internal.wrapped;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.adapted.AdaptedPart;

/**
 * The layers of a wrapped network over the parameter vector of one set of active adapters. It can
 * be put aside and brought back without copying values.
 *
 * @param <P> the network's parts: vertices, or layers
 * @param parts in the order of the forward pass
 * @param byName the same by name
 * @param layers the layers among them
 * @param parameters the vector [1, n]; null where nothing trains
 * @param keys the parameter keys that Deeplearning4j keeps in the configurations
 */
record Layout<P>(
    P[] parts,
    Map<String, P> byName,
    Layer[] layers,
    @Nullable INDArray parameters,
    List<Keys> keys) {

  /**
   * A configuration's list of keys.
   *
   * @param list Deeplearning4j's own, which changes with the layout
   * @param kept its contents in this layout
   */
  record Keys(List<String> list, List<String> kept) {
    static Keys of(NeuralNetConfiguration configuration) {
      List<String> list = configuration.variables(false);
      return new Keys(list, new ArrayList<>(list));
    }

    void restore() {
      list.clear();
      list.addAll(kept);
    }
  }

  static <P> Layout<P> of(
      P[] parts,
      Map<String, P> byName,
      Layer[] layers,
      @Nullable INDArray parameters,
      NeuralNetConfiguration network) {
    List<Keys> keys = new ArrayList<>(List.of(Keys.of(network)));
    for (Layer layer : layers) {
      keys.add(Keys.of(layer.conf()));
    }
    return new Layout<>(parts, byName, layers, parameters, keys);
  }

  /** Makes Deeplearning4j's lists of parameter keys those of this layout. */
  void restoreKeys() {
    keys.forEach(Keys::restore);
  }

  /** Whether no layer has native memory of its own, so that keeping the layout costs none. */
  boolean weighsNothing() {
    return adapted().noneMatch(AdaptedPart::ownsMemory);
  }

  /** Removes the gradient arrays, which are about to be freed, from the layers. */
  void forgetGradients() {
    adapted()
        .flatMap(part -> part.grafts().all().stream())
        .forEach(graft -> graft.setGradients(null));
  }

  /** Frees the native memory of the layers, but not the vector. */
  void close() {
    adapted().forEach(AdaptedPart::close);
  }

  private Stream<AdaptedPart> adapted() {
    return adapted(parts);
  }

  /** Those of a network's parts that carry adapters. */
  static Stream<AdaptedPart> adapted(Object... parts) {
    return Arrays.stream(parts)
        .map(part -> part instanceof GraphVertex v && v.hasLayer() ? v.getLayer() : part)
        .filter(AdaptedPart.class::isInstance)
        .map(AdaptedPart.class::cast);
  }
}
