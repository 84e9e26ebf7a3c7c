package org.peft4j.host.stock;

import org.deeplearning4j.nn.api.Layer;
import org.peft4j.host.LayerHosting;

/** Chooses how one of Deeplearning4j's own layers is hosted. */
public final class StockHostings {
  private StockHostings() {}

  /**
   * The hosting of {@code layer}.
   *
   * @param name the vertex or layer name, which its sites' names begin with
   */
  public static LayerHosting of(String name, Layer layer) {
    return new FrozenHosting(name, layer);
  }
}
