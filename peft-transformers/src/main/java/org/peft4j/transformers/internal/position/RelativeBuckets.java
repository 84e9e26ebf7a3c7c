package org.peft4j.transformers.internal.position;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Scratch;

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

  /** The bucket of each key of each query, [queries·keys]; {@code past} as in {@link #bias}. */
  private int[] all(int past, int queries, int keys) {
    int[] all = new int[queries * keys];
    for (int i = 0; i < all.length; i++) {
      all[i] = of(i % keys - (past + i / keys));
    }
    return all;
  }

  /**
   * The bias of the scores, [1, heads, queries, keys], outside of workspaces.
   *
   * @param rows [buckets, heads]
   * @param past the position of the first query
   */
  public INDArray bias(Kernels kernels, INDArray rows, int past, int queries, int keys) {
    long heads = rows.size(1);
    INDArray picked = Scratch.of(rows.dataType(), (long) queries * keys, heads);
    kernels.lookUp(rows, all(past, queries, keys), picked);
    INDArray bias = DetachedArrays.zeros(rows.dataType(), 1, heads, queries, keys);
    bias.reshape('c', heads, (long) queries * keys).assign(picked.transpose());
    Scratch.release(picked);
    return bias;
  }

  /**
   * Adds to the gradient of the rows [buckets, heads], given the bias' gradient.
   *
   * @param dBias [1, heads, queries, keys]
   */
  public void addGradient(Kernels kernels, INDArray dBias, int past, INDArray dRows) {
    int queries = (int) dBias.size(2);
    int keys = (int) dBias.size(3);
    INDArray picked = Scratch.of(dRows.dataType(), (long) queries * keys, dBias.size(1));
    picked.assign(dBias.reshape('c', dBias.size(1), (long) queries * keys).transpose());
    INDArray own = Scratch.of(dRows.dataType(), dRows.shape());
    kernels.lookUpGradient(all(past, queries, keys), picked, own);
    dRows.addi(own);
    Scratch.release(own, picked);
  }
}
