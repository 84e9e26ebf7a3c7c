package org.peft4j.transformers.internal.position;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.ScratchScope;

/**
 * Attention with linear biases (Press et al., 2022): adds {@code −slope(head)·|query − key|} to
 * scores. For n heads, n a power of 2, the slopes are {@code 2^(−8/n), 2^(−16/n), … 2^(−8)}; for
 * other numbers, those of the next lower power, then every second one of twice that power.
 */
public record Alibi(int heads) {
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
   * The bias of the scores, [1, heads, queries, keys], outside of workspaces.
   *
   * @param past the position of the first query
   */
  public INDArray bias(DataType type, int past, int queries, int keys) {
    INDArray bias = DetachedArrays.zeros(type, 1, heads, queries, keys);
    double[] distances = new double[queries * keys];
    for (int i = 0; i < distances.length; i++) {
      distances[i] = -Math.abs(past + i / keys - i % keys);
    }
    double[] slopes = slopes();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray all = scratch.mine(Nd4j.createFromArray(distances));
      INDArray typed = scratch.array(type, queries, keys).assign(all.reshape(queries, keys));
      for (int head = 0; head < heads; head++) {
        INDArray own = bias.get(point(0), point(head), all(), all());
        own.assign(typed).muli(slopes[head]);
      }
    }
    return bias;
  }
}
