package org.peft4j.kernel;

/**
 * What an attention keeps of its probabilities for the backward pass: all that it computed while
 * they are few, and otherwise one number of each row, {@code lse = log Σ exp(score)} over the keys,
 * from which the backward pass computes them again: {@code p = exp(score − lse)} (Dao et al.,
 * 2022).
 *
 * @param most the most probabilities of a query that are kept, on the average; so many times itself
 *     of a head are kept in any case
 */
public record KeptProbabilities(long most) {
  /** What the library's kernels do. */
  public static final KeptProbabilities STANDARD = new KeptProbabilities(512);

  /**
   * Whether probabilities are kept.
   *
   * @param area the probabilities of a head that are computed, at most queries × keys
   */
  public boolean keeps(AttentionPattern pattern, long area) {
    return area <= most * Math.max(pattern.queries(), most);
  }

  /** The elements that are kept of a head: {@code area}, or a statistic of each query. */
  public long elements(AttentionPattern pattern, long area) {
    return keeps(pattern, area) ? area : pattern.queries();
  }
}
