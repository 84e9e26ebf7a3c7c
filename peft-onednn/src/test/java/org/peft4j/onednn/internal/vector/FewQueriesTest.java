package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.QueryTiles;

/** Attention of few queries, over FLOAT and BFLOAT16, against sums in double precision. */
class FewQueriesTest {
  private static final AttentionScores SCALED = AttentionScores.scaled(0.3);

  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of(AttentionPattern.causal(0, 1, 1), 1, 1, 1, 2, SCALED),
        Arguments.of(AttentionPattern.causal(36, 1, 80), 1, 32, 4, 64, SCALED),
        Arguments.of(AttentionPattern.causal(70, 3, 75), 2, 6, 2, 14, SCALED),
        Arguments.of(
            AttentionPattern.causal(40, 4, 44), 3, 5, 5, 34, new AttentionScores(0.9, 1.5)),
        Arguments.of(AttentionPattern.causal(170, 2, 200).withWindow(20), 1, 4, 1, 18, SCALED),
        Arguments.of(
            AttentionPattern.causal(70, 1, 128).withLeftPadding(0, 66), 2, 4, 2, 32, SCALED),
        Arguments.of(AttentionPattern.full(2, 31), 2, 4, 4, 10, SCALED));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theContextIsThatOfDoublePrecision(
      AttentionPattern pattern,
      int batch,
      int heads,
      int keyHeads,
      int size,
      AttentionScores scores) {
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.BFLOAT16}) {
      for (boolean kept : new boolean[] {true, false}) {
        INDArray q = wide(batch, pattern.queries(), heads, size);
        INDArray k = random(batch, pattern.keys(), keyHeads, size).castTo(type);
        INDArray v = random(batch, pattern.keys(), keyHeads, size).castTo(type);
        INDArray context = random(q.shape());
        long numbers = kept ? QueryTiles.area(pattern) : pattern.queries();
        INDArray memory = random((long) batch * heads * numbers);
        assertThat(FewQueries.possible(pattern, q, k, v, context)).isTrue();

        new FewQueries(q, k, pattern, scores, kept).forward(q, k, v, memory, context);

        requireEqual(q, k, v, pattern, scores, kept, memory, context);
      }
    }
  }

  private static void requireEqual(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      boolean kept,
      INDArray memory,
      INDArray context) {
    int heads = (int) q.size(2);
    int group = heads / (int) k.size(2);
    int size = (int) q.size(3);
    QueryTiles.Tile tile = QueryTiles.of(pattern).get(0);
    INDArray keys = k.castTo(DataType.DOUBLE);
    INDArray values = v.castTo(DataType.DOUBLE);
    for (int b = 0; b < q.size(0); b++) {
      for (int head = 0; head < heads; head++) {
        for (int t = 0; t < pattern.queries(); t++) {
          double[] p = new double[pattern.keys()];
          double sum = 0;
          for (int s = 0; s < p.length; s++) {
            double score = 0;
            for (int i = 0; i < size; i++) {
              score += q.getDouble(b, t, head, i) * keys.getDouble(b, s, head / group, i);
            }
            score *= scores.scale();
            double cap = scores.softCap();
            score = cap > 0 ? cap * Math.tanh(score / cap) : score;
            boolean shown = pattern.shows(Math.min(b, pattern.rows() - 1), t, s);
            p[s] = shown ? Math.exp(score) : 0;
            sum += p[s];
          }
          int row = (b * heads + head) * pattern.queries() + t;
          if (!kept) {
            assertThat(memory.getDouble(row)).isCloseTo(Math.log(sum), within(1e-5));
          }
          for (int s = 0; kept && s < tile.keys(); s++) {
            assertThat(memory.getDouble((long) row * tile.keys() + s))
                .isCloseTo(p[tile.range().first() + s] / sum, within(1e-5));
          }
          for (int i = 0; i < size; i++) {
            double expected = 0;
            for (int s = 0; s < p.length; s++) {
              expected += p[s] / sum * values.getDouble(b, s, head / group, i);
            }
            assertThat(context.getDouble(b, t, head, i)).isCloseTo(expected, within(1e-5));
          }
        }
      }
    }
  }

  @Test
  void othersAreLeftToProducts() {
    AttentionPattern pattern = AttentionPattern.causal(6, 1, 8);
    INDArray q = random(1, 1, 2, 4);
    INDArray k = random(1, 8, 2, 4);
    assertThat(FewQueries.possible(pattern.withBias(random(1, 2, 1, 8)), q, k, k, q)).isFalse();
    assertThat(FewQueries.possible(pattern.withLeftPadding(8), q, k, k, q)).isFalse();
    INDArray odd = random(1, 8, 2, 3).castTo(DataType.BFLOAT16);
    INDArray queries = random(1, 1, 2, 3);
    assertThat(FewQueries.possible(pattern, queries, odd, odd, queries)).isFalse();
    INDArray many = random(1, 5, 2, 4);
    assertThat(FewQueries.possible(AttentionPattern.causal(3, 5, 8), many, k, k, many)).isFalse();
  }

  /** Heads within wider rows. */
  private static INDArray wide(long batch, long time, long heads, long size) {
    INDArray all = random(batch, time, heads + 2, size);
    return all.get(
        NDArrayIndex.all(),
        NDArrayIndex.all(),
        NDArrayIndex.interval(1, heads + 1),
        NDArrayIndex.all());
  }

  private static INDArray random(long... shape) {
    return Nd4j.randn(DataType.FLOAT, shape).dup('c');
  }
}
