package org.peft4j.lora.internal.adalora;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.lora.adalora.AdaLoraConfig;

/** The stored part of an adapter: the kept rows of A and E, and the kept columns of B. */
final class KeptRanks {
  private static final String PREFIX = "base_model.model.";

  private KeptRanks() {}

  /** The key of a target in {@code rank_pattern}. */
  static String patternKey(String site) {
    return site + "." + AdaLoraWeight.E;
  }

  /** The rank that {@code rank_pattern} has left to a target, or {@code init_r}; 0 is possible. */
  static int at(AdaLoraConfig config, String site) {
    List<Boolean> kept = config.rankPattern().get(patternKey(site));
    return kept == null ? config.initR() : count(kept);
  }

  /** The number of kept ranks. */
  static int count(List<Boolean> kept) {
    return (int) kept.stream().filter(k -> k).count();
  }

  /**
   * Removes from {@code tensors} the ranks that {@code pattern} has removed; an adapter loaded
   * without them does not change.
   */
  static Map<String, INDArray> of(
      Map<String, List<Boolean>> pattern, Map<String, INDArray> tensors) {
    Map<String, INDArray> result = new LinkedHashMap<>(tensors);
    pattern.forEach(
        (key, kept) -> {
          INDArray values = tensors.get(PREFIX + key);
          if (values != null && values.length() == kept.size() && count(kept) < kept.size()) {
            String module = PREFIX + key.substring(0, key.length() - AdaLoraWeight.E.length());
            int[] rows = IntStream.range(0, kept.size()).filter(kept::get).toArray();
            result.computeIfPresent(module + AdaLoraWeight.A, (k, a) -> rows(a, rows));
            result.computeIfPresent(module + AdaLoraWeight.B, (k, b) -> columns(b, rows));
            result.computeIfPresent(module + AdaLoraWeight.E, (k, e) -> rows(e, rows));
          }
        });
    return result;
  }

  private static INDArray rows(INDArray array, int[] rows) {
    if (rows.length == 0) {
      return empty(0, array.size(1));
    }
    INDArray result = Nd4j.create(array.dataType(), rows.length, array.size(1));
    for (int i = 0; i < rows.length; i++) {
      result.putRow(i, array.getRow(rows[i]));
    }
    return result;
  }

  private static INDArray columns(INDArray array, int[] columns) {
    if (columns.length == 0) {
      return empty(array.size(0), 0);
    }
    INDArray result = Nd4j.create(array.dataType(), array.size(0), columns.length);
    for (int i = 0; i < columns.length; i++) {
      result.putColumn(i, array.getColumn(columns[i]));
    }
    return result;
  }

  static INDArray empty(long... shape) {
    return Nd4j.create(DataType.FLOAT, shape);
  }
}
