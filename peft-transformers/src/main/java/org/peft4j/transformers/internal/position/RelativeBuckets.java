package org.peft4j.transformers.internal.position;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;

/**
 * Relative positions in buckets (Raffel et al., 2020): half of the buckets hold one small distance
 * each; larger distances share buckets, logarithmically.
 *
 * @param buckets the number of buckets
 * @param maxDistance the distance from which on all share the last bucket
 * @param bidirectional whether keys after the query have half of the buckets
 */
public record RelativeBuckets(int buckets, int maxDistance, boolean bidirectional) {
  /**
   * The bucket of a key at this distance, {@code key − query}. Logarithms have single precision, as
   * in the reference implementation: their rounding decides at the edges of buckets.
   */
  public int of(int relative) {
    int count = bidirectional ? buckets / 2 : buckets;
    int first = bidirectional && relative > 0 ? count : 0;
    int distance = bidirectional ? Math.abs(relative) : Math.max(0, -relative);
    int exact = count / 2;
    if (distance < exact) {
      return first + distance;
    }
    float share =
        (float) Math.log((float) distance / exact) / (float) Math.log((double) maxDistance / exact);
    return first + Math.min(count - 1, exact + (int) (share * (count - exact)));
  }

  /** The bucket of each key of each query, [rows·queries·keys], as in {@link #bias}. */
  private int[] all(KeyPositions positions, int past, int queries) {
    int keys = positions.keys();
    int[] all = new int[positions.rows() * queries * keys];
    for (int i = 0; i < all.length; i++) {
      int row = i / (queries * keys);
      int query = positions.of(row, past + i / keys % queries);
      all[i] = of(positions.of(row, i % keys) - query);
    }
    return all;
  }

  /**
   * The bias of the scores, [1 or batch, heads, queries, keys], outside of workspaces.
   *
   * @param rows [buckets, heads]
   * @param past the number of keys before the first query
   */
  public INDArray bias(
      Kernels kernels, INDArray rows, KeyPositions positions, int past, int queries) {
    long heads = rows.size(1);
    int batch = positions.rows();
    long scores = (long) queries * positions.keys();
    INDArray picked = Scratch.of(rows.dataType(), batch * scores, heads);
    kernels.lookUp(rows, all(positions, past, queries), picked);
    INDArray bias = DetachedArrays.zeros(rows.dataType(), batch, heads, queries, positions.keys());
    bias.reshape('c', batch, heads, scores).assign(byHead(picked, batch, scores));
    Scratch.release(picked);
    return bias;
  }

  /** [batch·scores, heads] as [batch, heads, scores]. */
  private static INDArray byHead(INDArray picked, long batch, long scores) {
    return picked.reshape('c', batch, scores, picked.size(1)).permute(0, 2, 1);
  }

  /**
   * Adds to the gradient of the rows [buckets, heads], given the bias' gradient.
   *
   * @param dBias [1 or batch, heads, queries, keys]
   */
  public void addGradient(
      Kernels kernels, INDArray dBias, KeyPositions positions, int past, INDArray dRows) {
    long batch = dBias.size(0);
    long scores = dBias.size(2) * dBias.size(3);
    INDArray picked = Scratch.of(dRows.dataType(), batch * scores, dBias.size(1));
    byHead(picked, batch, scores).assign(dBias.reshape('c', batch, dBias.size(1), scores));
    INDArray own = Scratch.of(dRows.dataType(), dRows.shape());
    kernels.lookUpGradient(all(positions, past, (int) dBias.size(2)), picked, own);
    dRows.addi(own);
    Scratch.release(own, picked);
  }
}
