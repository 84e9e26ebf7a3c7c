package org.peft4j.onednn.internal.vector;

import java.util.Arrays;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.KeyRange;

/** From products of queries with keys to probabilities. */
final class FewScores {
  private final AttentionPattern pattern;
  private final AttentionScores scores;

  /** The keys of which some query sees one. */
  private final KeyRange seen;

  FewScores(AttentionPattern pattern, AttentionScores scores, KeyRange seen) {
    this.pattern = pattern;
    this.scores = scores;
    this.seen = seen;
  }

  /**
   * Softmax over the keys that a query sees; returns the logarithm of its sum.
   *
   * @param p products with the keys seen, in whole vectors; receives probabilities
   */
  float softmax(float[] p, int sequence, int query) {
    int count = seen.count();
    scale(p, count);
    int row = Math.min(sequence, pattern.rows() - 1);
    pattern.forEachHidden(
        row, query, seen, (from, end) -> fill(p, from, end, Float.NEGATIVE_INFINITY));
    float largest = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < count; j++) {
      largest = Math.max(largest, p[j]);
    }
    Exponential.apply(p, count, largest);
    pattern.forEachHidden(row, query, seen, (from, end) -> fill(p, from, end, 0));
    double sum = 0;
    for (int j = 0; j < count; j++) {
      sum += p[j];
    }
    float inverse = (float) (1 / sum);
    for (int j = 0; j < count; j++) {
      p[j] *= inverse;
    }
    return (float) (largest + Math.log(sum));
  }

  private void scale(float[] p, int count) {
    double scale = scores.capped() ? scores.scale() / scores.softCap() : scores.scale();
    for (int j = 0; j < count; j++) {
      p[j] = (float) (scale * p[j]);
    }
    for (int j = 0; scores.capped() && j < count; j++) {
      p[j] = (float) (scores.softCap() * Math.tanh(p[j]));
    }
  }

  private void fill(float[] p, int from, int end, float value) {
    Arrays.fill(p, from - seen.first(), end - seen.first(), value);
  }
}
