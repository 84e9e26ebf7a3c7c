package org.peft4j.transformers.internal.position;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.ScratchScope;
import org.peft4j.safetensors.BFloat16;

/**
 * Attention with linear biases (Press et al., 2022): adds {@code scale·slope(head)·(key − query)}
 * to scores. For n heads, n a power of 2, the slopes are {@code 2^(−8/n), 2^(−16/n), … 2^(−8)}; for
 * other numbers, those of the next lower power, then every second one of twice that power.
 *
 * @param rounded whether slopes, positions and their products are rounded to BF16
 */
public record Alibi(int heads, double scale, boolean rounded) {
  /** The slope of each head. */
  public double[] slopes() {
    int power = Integer.highestOneBit(heads);
    double[] slopes = new double[heads];
    for (int head = 0; head < heads; head++) {
      slopes[head] =
          head < power
              ? Math.pow(2, -8.0 * (head + 1) / power)
              : Math.pow(2, -4.0 * (2 * (head - power) + 1) / power);
    }
    return slopes;
  }

  /**
   * The bias of the scores, [1 or batch, heads, queries, keys], outside of workspaces.
   *
   * @param past the number of keys before the first query
   */
  public INDArray bias(DataType type, KeyPositions positions, int past, int queries) {
    int rows = positions.rows();
    int keys = positions.keys();
    INDArray bias = DetachedArrays.zeros(type, rows, heads, queries, keys);
    double[] slopes = slopes();
    double[] values = new double[queries * keys];
    try (ScratchScope scratch = new ScratchScope()) {
      for (int row = 0; row < rows; row++) {
        for (int head = 0; head < heads; head++) {
          for (int i = 0; i < values.length; i++) {
            int query = positions.of(row, past + i / keys);
            values[i] = bias(slopes[head], positions.of(row, i % keys), query);
          }
          INDArray own = scratch.mine(Nd4j.createFromArray(values));
          bias.get(point(row), point(head), all(), all()).assign(own.reshape(queries, keys));
        }
      }
    }
    return bias;
  }

  private double bias(double slope, int key, int query) {
    if (!rounded) {
      return scale * slope * (key - query);
    }
    return scale * (product(slope, key) - product(slope, query));
  }

  /** A factor of each query's own leaves its softmax as it is, but not the rounding of a key's. */
  private static double product(double slope, int position) {
    return bf16(bf16(slope) * bf16(position));
  }

  private static double bf16(double value) {
    return BFloat16.toFloat(BFloat16.fromFloat((float) value));
  }
}
