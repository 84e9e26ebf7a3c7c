package org.peft4j.internal.original.stock;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.SiteParameter;

/** Describes Deeplearning4j's parameter arrays. */
final class StockParameters {
  private StockParameters() {}

  /** A parameter with its key and shape; added vectors are biases. */
  static SiteParameter describe(String key, INDArray value) {
    return isBias(key)
        ? SiteParameter.bias(key, value.shape())
        : SiteParameter.weight(key, value.shape());
  }

  /** A bias: of a layer, of either direction, of an auto-encoder's input, of a normalisation. */
  private static boolean isBias(String key) {
    return switch (key) {
      case "b", "fb", "bb", "bF", "bB", "vb", "beta" -> true;
      default -> false;
    };
  }
}
