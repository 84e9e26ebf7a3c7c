package org.peft4j.host.stock;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.SiteParameter;

/** Describes Deeplearning4j's parameter arrays. */
final class StockParameters {
  private StockParameters() {}

  /** A parameter under its own key and shape; vectors that are added are biases. */
  static SiteParameter describe(String key, INDArray value) {
    return isBias(key)
        ? SiteParameter.bias(key, value.shape())
        : SiteParameter.weight(key, value.shape());
  }

  /** Whether that is a key of a bias: b, of either direction of a bidirectional layer, or beta. */
  private static boolean isBias(String key) {
    return switch (key) {
      case "b", "fb", "bb", "beta" -> true;
      default -> false;
    };
  }
}
