package org.peft4j.internal.original.stock;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/** The frozen weights of one of Deeplearning4j's layers, parts of its network's vector, by key. */
final class StockWeights {
  private final Map<String, FrozenWeight> byKey = new HashMap<>();

  /**
   * @param table the layer's parameters by key; null if it has none
   * @param views how some of them are seen as weights; the others are as they are
   */
  StockWeights(@Nullable Map<String, INDArray> table, Map<String, WeightView> views) {
    if (table != null) {
      Peepholes.apart(table)
          .forEach(
              (key, array) ->
                  byKey.put(
                      key,
                      DenseWeight.ofVector(array, views.getOrDefault(key, WeightView.AS_STORED))));
    }
  }

  /** The weights of a layer that runs on effective ones. */
  static StockWeights of(@Nullable Map<String, INDArray> table, List<WeightSite> sites) {
    Map<String, WeightView> views = new HashMap<>();
    sites.forEach(site -> views.put(site.parameter(), site.view()));
    return new StockWeights(table, views);
  }

  FrozenWeight get(String key) {
    FrozenWeight weight = byKey.get(key);
    if (weight == null) {
      throw new IllegalArgumentException("No parameter " + key + " among " + byKey.keySet() + ".");
    }
    return weight;
  }
}
