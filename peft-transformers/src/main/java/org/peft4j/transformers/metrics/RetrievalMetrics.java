package org.peft4j.transformers.metrics;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * Metrics of vectors that find each other. The nearest candidate of a query is the one with the
 * largest cosine; of equal ones, that with the smaller number.
 */
public final class RetrievalMetrics {
  private RetrievalMetrics() {}

  /**
   * {@code recall@k} for each k: the share of queries whose right candidate is among their k
   * nearest. The i-th candidate is the right one of the i-th query; there may be more candidates.
   *
   * @param queries [queries, width]
   * @param candidates [candidates, width]
   * @param ks at least 1
   * @throws PeftException if there are no queries, fewer candidates than queries, or vectors of
   *     another width
   */
  public static Scores of(INDArray queries, INDArray candidates, int... ks) {
    long[] ranks = ranks(queries, candidates);
    Scores scores = Scores.NONE;
    for (int k : ks) {
      if (k < 1) {
        throw new PeftException("k is " + k + "; allowed: at least 1.");
      }
      double found = Arrays.stream(ranks).filter(rank -> rank < k).count();
      scores = scores.with("recall@" + k, found / ranks.length);
    }
    return scores;
  }

  /** How many candidates are nearer to each query than the right one. */
  private static long[] ranks(INDArray queries, INDArray candidates) {
    requireFit(queries, candidates);
    double[][] q = unit(queries);
    double[][] c = unit(candidates);
    long[] ranks = new long[q.length];
    for (int i = 0; i < q.length; i++) {
      double right = product(q[i], c[i]);
      for (int j = 0; j < c.length; j++) {
        double other = product(q[i], c[j]);
        ranks[i] += other > right || other == right && j < i ? 1 : 0;
      }
    }
    return ranks;
  }

  private static void requireFit(INDArray queries, INDArray candidates) {
    boolean matrices = queries.rank() == 2 && candidates.rank() == 2;
    if (!matrices
        || queries.size(1) != candidates.size(1)
        || candidates.size(0) < queries.size(0)) {
      throw new PeftException(
          "Queries are %s and candidates %s; allowed: [queries, width] and [candidates, width], with a candidate for each query."
              .formatted(Arrays.toString(queries.shape()), Arrays.toString(candidates.shape())));
    }
  }

  /** Each vector over its length; one of length 0 stays. */
  private static double[][] unit(INDArray vectors) {
    double[][] rows = vectors.castTo(DataType.DOUBLE).toDoubleMatrix();
    for (double[] row : rows) {
      double length = Math.sqrt(product(row, row));
      for (int i = 0; i < row.length && length > 0; i++) {
        row[i] /= length;
      }
    }
    return rows;
  }

  private static double product(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
