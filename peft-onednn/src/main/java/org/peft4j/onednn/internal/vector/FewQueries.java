package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.KeyRange;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Crew;
import org.peft4j.onednn.internal.RowTasks;

/**
 * Attention of few queries, as in decoding one token after the other: all query heads that share a
 * key head read each key and each value once, in the 16 or 32 bits that it has in memory.
 */
public final class FewQueries {
  private final int queries;
  private final int heads;
  private final int keyHeads;
  private final int group;
  private final int size;
  private final AttentionPattern pattern;
  private final AttentionScores scores;
  private final boolean kept;
  private final Tile tile;
  private final KeyRange seen;

  /**
   * @param q [B, T, H, D]
   * @param k [B, S, K, D]
   * @param kept whether probabilities are kept, or logarithms of their rows' sums
   */
  public FewQueries(
      INDArray q, INDArray k, AttentionPattern pattern, AttentionScores scores, boolean kept) {
    queries = (int) q.size(1);
    heads = (int) q.size(2);
    keyHeads = (int) k.size(2);
    group = heads / keyHeads;
    size = (int) q.size(3);
    this.pattern = pattern;
    this.scores = scores;
    this.kept = kept;
    tile = QueryTiles.of(pattern).get(0);
    seen = pattern.range(0, queries);
  }

  /** Whether {@link #forward} takes these: no bias, and no query that sees nothing. */
  public static boolean possible(
      AttentionPattern pattern, INDArray q, INDArray k, INDArray v, INDArray context) {
    return VectorUnit.PRESENT
        && pattern.queries() <= FewRows.MOST
        && pattern.bias() == null
        && IntStream.range(0, pattern.rows()).allMatch(row -> pattern.blind(row).length == 0)
        && q.dataType() == context.dataType()
        && k.dataType() == v.dataType()
        && q.dataType() == DataType.FLOAT
        && HeadMemory.possible(q)
        && HeadMemory.possible(k)
        && HeadMemory.possible(v)
        && HeadMemory.possible(context);
  }

  /**
   * Writes the context [B, T, H, D].
   *
   * @param memory receives the probabilities [B, H, T, keys of the tile], or the logarithms [B, H,
   *     T]
   */
  public void forward(INDArray q, INDArray k, INDArray v, INDArray memory, INDArray context) {
    HeadMemory askers = new HeadMemory(q);
    HeadMemory keys = new HeadMemory(k);
    HeadMemory values = new HeadMemory(v);
    FloatBuffer out = Address.floats(context, q.size(0) * queries * context.stride(1));
    FloatBuffer statistics = RowTasks.floats(memory);
    int stride = context.stride(1);
    Crew.run(
        q.size(0) * keyHeads,
        (long) group * queries * seen.count() * size,
        (from, to) -> {
          for (int part = from; part < to; part++) {
            int sequence = part / keyHeads;
            int keyHead = part % keyHeads;
            float[][] p = probabilities(askers, keys, sequence, keyHead, statistics);
            float[][] sums = sums(values, sequence, keyHead, p);
            for (int i = 0; i < sums.length; i++) {
              int row = sequence * queries + i % queries;
              int head = keyHead * group + i / queries;
              out.put(row * stride + head * size, values.inOrder(sums[i]), 0, size);
            }
          }
        });
  }

  /** Of the query heads of a key head, each with its queries. */
  private float[][] probabilities(
      HeadMemory askers, HeadMemory keys, int sequence, int keyHead, FloatBuffer statistics) {
    float[][] q = new float[group * queries][];
    int[] room = new int[size];
    for (int i = 0; i < q.length; i++) {
      float[] features = new float[size];
      int row = sequence * queries + i % queries;
      askers.read(row, keyHead * group + i / queries, features, room);
      q[i] = keys.ordered(features);
    }
    float[][] p = new float[q.length][Exponential.room(seen.count())];
    float[] key = new float[size];
    double scale = scores.capped() ? scores.scale() / scores.softCap() : scores.scale();
    for (int j = 0; j < seen.count(); j++) {
      keys.read(sequence * pattern.keys() + seen.first() + j, keyHead, key, room);
      for (int i = 0; i < q.length; i++) {
        p[i][j] = (float) (scale * FloatRows.dot(key, 0, q[i]));
      }
    }
    for (int i = 0; i < p.length; i++) {
      int query = i % queries;
      float logarithm = softmax(p[i], sequence, query);
      int row = (sequence * heads + keyHead * group + i / queries) * queries + query;
      if (kept) {
        int first = row * tile.keys();
        statistics.put(first, new float[tile.keys()]);
        statistics.put(first + seen.first() - tile.range().first(), p[i], 0, seen.count());
      } else {
        statistics.put(row, logarithm);
      }
    }
    return p;
  }

  /** Softmax over the keys that a query sees; returns the logarithm of its sum. */
  private float softmax(float[] p, int sequence, int query) {
    int count = seen.count();
    if (scores.capped()) {
      for (int j = 0; j < count; j++) {
        p[j] = (float) (scores.softCap() * Math.tanh(p[j]));
      }
    }
    int row = Math.min(sequence, pattern.rows() - 1);
    pattern.forEachHidden(
        row, query, seen, (from, end) -> hide(p, from, end, Float.NEGATIVE_INFINITY));
    float largest = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < count; j++) {
      largest = Math.max(largest, p[j]);
    }
    Exponential.apply(p, count, largest);
    pattern.forEachHidden(row, query, seen, (from, end) -> hide(p, from, end, 0));
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

  private void hide(float[] p, int from, int end, float value) {
    Arrays.fill(p, from - seen.first(), end - seen.first(), value);
  }

  private float[][] sums(HeadMemory values, int sequence, int keyHead, float[][] p) {
    float[][] sums = new float[p.length][size];
    float[] value = new float[size];
    int[] room = new int[size];
    for (int j = 0; j < seen.count(); j++) {
      values.read(sequence * pattern.keys() + seen.first() + j, keyHead, value, room);
      for (int i = 0; i < p.length; i++) {
        FloatRows.add(p[i][j], value, sums[i]);
      }
    }
    return sums;
  }
}
