package org.peft4j.lora.internal.mora;

import java.util.EnumMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/** The cosines and sines of {@code k·10000^(−2i/size)}, [1, groups, size], made once. */
final class Turns {
  private final int groups;
  private final int size;
  private final Map<DataType, Pair> byType = new EnumMap<>(DataType.class);

  private record Pair(INDArray cosines, INDArray sines) {}

  Turns(int groups, int size) {
    this.groups = groups;
    this.size = size;
  }

  INDArray cosines(DataType type) {
    return of(type).cosines();
  }

  INDArray sines(DataType type) {
    return of(type).sines();
  }

  private synchronized Pair of(DataType type) {
    return byType.computeIfAbsent(type, this::made);
  }

  private Pair made(DataType type) {
    Pair pair =
        new Pair(
            DetachedArrays.zeros(type, 1, groups, size),
            DetachedArrays.zeros(type, 1, groups, size));
    int half = size / 2;
    for (int k = 0; k < groups; k++) {
      for (int j = 0; j < size; j++) {
        double angle = k * Math.pow(10_000, -2.0 * (j % half) / size);
        pair.cosines().putScalar(new long[] {0, k, j}, Math.cos(angle));
        pair.sines().putScalar(new long[] {0, k, j}, Math.sin(angle));
      }
    }
    return pair;
  }
}
