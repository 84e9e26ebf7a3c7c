package org.peft4j.internal.original.stock;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The peephole weights of Graves' LSTM. Deeplearning4j keeps them as three more columns of the
 * recurrent weight, RW [n, 4n + 3]; they are factors of single cells and no part of the linear map.
 */
final class Peepholes {
  private static final int GATES = 4;
  private static final int COLUMNS = 3;

  private Peepholes() {}

  /**
   * Parameters or gradients by key, with {@code RW} as [n, 4n] and {@code RW.peepholes} as [n, 3],
   * both views; the table itself where there are none.
   */
  static Map<String, INDArray> apart(Map<String, INDArray> table) {
    if (table.entrySet().stream().noneMatch(e -> holds(e.getKey(), e.getValue()))) {
      return table;
    }
    Map<String, INDArray> result = new LinkedHashMap<>();
    table.forEach(
        (key, array) -> {
          if (holds(key, array)) {
            long map = GATES * array.size(0);
            result.put(key, array.get(all(), interval(0, map)));
            result.put(key + ".peepholes", array.get(all(), interval(map, map + COLUMNS)));
          } else {
            result.put(key, array);
          }
        });
    return result;
  }

  private static boolean holds(String key, INDArray array) {
    return key.contains("RW")
        && array.rank() == 2
        && array.size(1) == GATES * array.size(0) + COLUMNS;
  }
}
