package org.peft4j.testing;

import java.util.stream.Stream;

/** Deeplearning4j's sorts of layers, each in a small network. */
public final class LayerCases {
  private LayerCases() {}

  /** One case of each kind of layer on which something can be grafted. */
  public static Stream<LayerCase> kinds() {
    return Stream.of(FlatLayers.kinds(), SequenceLayers.kinds(), ImageLayers.kinds())
        .flatMap(cases -> cases);
  }

  /** The kinds, their variants (formats, masks, no bias, frozen), and layers without a site. */
  public static Stream<LayerCase> all() {
    return Stream.of(
            kinds(), FlatLayers.variants(), SequenceLayers.variants(), ImageLayers.variants())
        .flatMap(cases -> cases);
  }

  /** The case of that name. */
  public static LayerCase named(String name) {
    return all().filter(sort -> sort.name().equals(name)).findFirst().orElseThrow();
  }
}
