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

  /** Kinds that are seldom met, for the methods of which each is a test of its own. */
  public static Stream<LayerCase> rare() {
    return Stream.concat(SequenceLayers.rare(), ImageLayers.rare());
  }

  /** The kinds, their variants (formats, masks, no bias, frozen), and layers without a site. */
  public static Stream<LayerCase> all() {
    return Stream.of(
            kinds(),
            rare(),
            FlatLayers.variants(),
            SequenceLayers.variants(),
            ImageLayers.variants())
        .flatMap(cases -> cases);
  }

  /** The case of that name. */
  public static LayerCase named(String name) {
    return all().filter(sort -> sort.name().equals(name)).findFirst().orElseThrow();
  }
}
