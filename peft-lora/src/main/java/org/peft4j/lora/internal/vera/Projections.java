package org.peft4j.lora.internal.vera;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;

/**
 * The random matrices A [r, inputs] and B [outputs, r] that all modules of one adapter share, drawn
 * on first use. They equal Hugging Face PEFT's bit for bit: A, then B, row by row, uniform on
 * ±√6/√fan-in with the columns as fan-in, from PyTorch's generator with the key as seed.
 */
final class Projections {
  private final int key;
  private final int rank;
  private final long inputs;
  private final long outputs;
  private final Map<DataType, Pair> byType = new EnumMap<>(DataType.class);

  /** The matrices in one precision. */
  record Pair(INDArray a, INDArray b) {}

  Projections(int key, int rank, long inputs, long outputs) {
    this.key = key;
    this.rank = rank;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  List<Long> shapeOfA() {
    return List.of((long) rank, inputs);
  }

  List<Long> shapeOfB() {
    return List.of(outputs, (long) rank);
  }

  synchronized Pair of(DataType type) {
    return byType.computeIfAbsent(
        type, t -> t == DataType.FLOAT ? drawn() : cast(of(DataType.FLOAT), t));
  }

  private Pair drawn() {
    MersenneTwister random = new MersenneTwister(key);
    INDArray a = drawn(random, rank, inputs);
    return new Pair(a, drawn(random, outputs, rank));
  }

  private static INDArray drawn(MersenneTwister random, long rows, long columns) {
    double bound = Math.sqrt(3.0) * (Math.sqrt(2.0) / Math.sqrt(columns));
    float from = (float) -bound;
    float width = (float) (bound - -bound);
    float[] values = new float[Math.toIntExact(rows * columns)];
    for (int i = 0; i < values.length; i++) {
      double unit = (random.nextInt() & 0xFFFFFF) * 0x1p-24;
      values[i] = (float) (unit * width + from);
    }
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createFromArray(values).reshape('c', rows, columns);
    }
  }

  private static Pair cast(Pair pair, DataType type) {
    return new Pair(cast(pair.a(), type), cast(pair.b(), type));
  }

  private static INDArray cast(INDArray array, DataType type) {
    return DetachedArrays.zeros(type, array.shape()).assign(array);
  }
}
