package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
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
 * Attention of few queries, as in decoding one token after the other: keys and values are read in
 * the order in which they lie, in the 16 or 32 bits that they have in memory.
 */
public final class FewQueries {
  private final int queries;
  private final int heads;
  private final int keyHeads;
  private final int group;
  private final int size;
  private final int positions;
  private final FewScores scores;
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
    positions = pattern.keys();
    this.kept = kept;
    tile = QueryTiles.of(pattern).get(0);
    seen = pattern.range(0, queries);
    this.scores = new FewScores(pattern, scores, seen);
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
        && RowMemory.possible(q)
        && RowMemory.possible(k)
        && RowMemory.possible(v)
        && RowMemory.possible(context);
  }

  /**
   * Writes the context [B, T, H, D].
   *
   * @param memory receives the probabilities [B, H, T, keys of the tile], or the logarithms [B, H,
   *     T]
   */
  public void forward(INDArray q, INDArray k, INDArray v, INDArray memory, INDArray context) {
    FloatBuffer askers = numbers(q);
    FloatBuffer contexts = numbers(context);
    FloatBuffer statistics = RowTasks.floats(memory);
    Crew.run(
        q.size(0) * keyHeads,
        (long) group * queries * seen.count() * size,
        (from, to) -> {
          for (int first = from, end; first < to; first = end) {
            int sequence = first / keyHeads;
            end = Math.min(to, (sequence + 1) * keyHeads);
            Part part = new Part(sequence, first - sequence * keyHeads, end - first);
            part.ask(askers, q.stride(1), RowMemory.ofHeads(k));
            part.keep(statistics);
            part.answer(RowMemory.ofHeads(v), contexts, context.stride(1));
          }
        });
  }

  private static FloatBuffer numbers(INDArray heads) {
    return Address.floats(heads, RowMemory.span(heads));
  }

  /** Neighbouring key heads of a sequence, each with all queries of its query heads. */
  private final class Part {
    private final int sequence;
    private final int first;

    /** First products with keys, then probabilities: by key head, query head and query, key. */
    private final float[][][] p;

    private final float[][] logarithms;

    Part(int sequence, int first, int count) {
      this.sequence = sequence;
      this.first = first;
      int room = Exponential.room(seen.count());
      p = new float[count][group * queries][room];
      logarithms = new float[count][group * queries];
    }

    /**
     * Makes the probabilities.
     *
     * @param stride of {@code askers}, from one row to the next
     */
    void ask(FloatBuffer askers, int stride, RowMemory keys) {
      float[][][] q = new float[p.length][group * queries][];
      for (int head = 0; head < q.length; head++) {
        for (int i = 0; i < q[head].length; i++) {
          float[] features = new float[size];
          askers.get(query(i) * stride + queryHead(head, i) * size, features);
          q[head][i] = keys.ordered(features);
        }
      }
      forEachKey(
          (row, j, apart, streams) -> {
            for (int head = 0; head < p.length; head++) {
              keys.multiply(row, apart, streams, first + head, q[head], p[head], j);
            }
          });
      for (int head = 0; head < p.length; head++) {
        for (int i = 0; i < p[head].length; i++) {
          logarithms[head][i] = scores.softmax(p[head][i], sequence, i % queries);
        }
      }
    }

    /** Writes what the backward pass needs. */
    void keep(FloatBuffer statistics) {
      for (int head = 0; head < p.length; head++) {
        for (int i = 0; i < p[head].length; i++) {
          int row = (sequence * heads + queryHead(head, i)) * queries + i % queries;
          if (kept) {
            int begin = row * tile.keys();
            statistics.put(begin, new float[tile.keys()]);
            int offset = seen.first() - tile.range().first();
            statistics.put(begin + offset, p[head][i], 0, seen.count());
          } else {
            statistics.put(row, logarithms[head][i]);
          }
        }
      }
    }

    /** Writes the sums of values. */
    void answer(RowMemory values, FloatBuffer contexts, int stride) {
      float[][][] sums = new float[p.length][group * queries][size];
      forEachKey(
          (row, j, apart, streams) -> {
            for (int head = 0; head < p.length; head++) {
              values.add(row, apart, streams, first + head, p[head], j, sums[head]);
            }
          });
      for (int head = 0; head < p.length; head++) {
        for (int i = 0; i < p[head].length; i++) {
          int at = query(i) * stride + queryHead(head, i) * size;
          contexts.put(at, values.inOrder(sums[head][i]));
        }
      }
    }

    private int query(int i) {
      return sequence * queries + i % queries;
    }

    private int queryHead(int head, int i) {
      return (first + head) * group + i / queries;
    }

    private void forEachKey(Use use) {
      int before = sequence * positions + seen.first();
      FarRows.run(
          0,
          seen.count(),
          RowMemory.STREAMS,
          (begin, length, apart, streams) -> {
            for (int j = begin; j < begin + length; j++) {
              use.at(before + j, j, apart, streams);
            }
          });
    }
  }

  /** Takes some positions at once. */
  private interface Use {
    /**
     * @param row the first of them, of all sequences
     * @param key its number among those seen
     * @param apart from one to the next
     */
    void at(int row, int key, int apart, int streams);
  }
}
