package org.peft4j.kernel;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.reduce3.Dot;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ScratchScope;

/**
 * Attention as products of whole batches. It stacks the H/K query heads that share a key head:
 * grouped attention is then a product of batches [B, K, (H/K)·T, D] without a copy.
 *
 * <p>Where probabilities are kept, all queries are one tile; otherwise there is memory for one tile
 * after the other.
 */
final class Nd4jAttention {
  private final AttentionPattern pattern;
  private final AttentionScores scores;
  private final boolean kept;

  /**
   * @param kept whether probabilities are kept, [B, H, T, S], or statistics of rows, [B, H, T]
   */
  Nd4jAttention(AttentionPattern pattern, AttentionScores scores, boolean kept) {
    this.pattern = pattern;
    this.scores = scores;
    this.kept = kept;
  }

  /** Blind queries attend to all keys, which are in one tile with theirs. */
  private List<Tile> tiles() {
    KeyRange all = new KeyRange(0, pattern.keys());
    if (kept) {
      return List.of(new Tile(0, pattern.queries(), all, 0));
    }
    boolean blind =
        IntStream.range(0, pattern.rows()).anyMatch(row -> pattern.blind(row).length > 0);
    return QueryTiles.of(pattern).stream()
        .map(tile -> blind ? new Tile(tile.first(), tile.count(), all, 0) : tile)
        .toList();
  }

  void forward(INDArray q, INDArray k, INDArray v, INDArray memory, INDArray context) {
    for (Tile tile : tiles()) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray keys = headsFirst(keys(k, tile), scratch);
        INDArray queries = headsFirst(queries(q, tile), scratch);
        INDArray p = probabilities(memory, queries, keys, scratch);
        scores(grouped(queries, keys), keys, tile, p);
        if (kept) {
          softmax(rows(p));
        } else {
          INDArray statistics = scratch.array(p.dataType(), p.length() / p.size(3));
          softmax(rows(p), statistics);
          statistics(memory, q, tile).assign(statistics.reshape('c', firstThree(p)));
        }
        INDArray values = headsFirst(keys(v, tile), scratch);
        batched(grouped(p, keys), false, values, false, 1, grouped(queries, keys));
        queries(context, tile).assign(queries.permute(0, 2, 1, 3));
      }
    }
  }

  /** The memory for a tile's probabilities, [B, H, queries, keys]. */
  private INDArray probabilities(
      INDArray memory, INDArray queries, INDArray keys, ScratchScope scratch) {
    long[] shape = {queries.size(0), queries.size(1), queries.size(2), keys.size(2)};
    return kept ? memory.reshape('c', shape) : scratch.array(queries.dataType(), shape);
  }

  /** The statistics of a tile, [B, H, queries], as a view. */
  private static INDArray statistics(INDArray memory, INDArray q, Tile tile) {
    return memory
        .reshape('c', new long[] {memory.length()})
        .get(interval(0, q.size(0) * q.size(2) * q.size(1)))
        .reshape('c', true, q.size(0), q.size(2), q.size(1))
        .get(all(), all(), interval(tile.first(), tile.first() + tile.count()));
  }

  private static long[] firstThree(INDArray x) {
    return new long[] {x.size(0), x.size(1), x.size(2)};
  }

  private static INDArray queries(INDArray x, Tile tile) {
    return part(x, tile.first(), tile.first() + tile.count());
  }

  private static INDArray keys(INDArray x, Tile tile) {
    return part(x, tile.range().first(), tile.range().end());
  }

  /** Positions of [B, T, H, D], as a view. */
  private static INDArray part(INDArray x, long from, long end) {
    return end - from == x.size(1) ? x : x.get(all(), interval(from, end), all(), all());
  }

  /** Writes the scores of a tile, [B, H, queries, keys]. */
  private void scores(INDArray queries, INDArray keys, Tile tile, INDArray out) {
    multiply(queries, keys, grouped(out, keys));
    if (scores.capped()) {
      out.muli(scores.softCap());
    }
    Nd4jBias.add(pattern, tile, out);
  }

  /** Computes the scores, divided by the soft cap if there is one. */
  private void multiply(INDArray queries, INDArray keys, INDArray out) {
    if (scores.capped()) {
      batched(queries, false, keys, true, scores.scale() / scores.softCap(), out);
      Nd4j.exec(new Tanh(out, out));
    } else {
      batched(queries, false, keys, true, scores.scale(), out);
    }
  }

  private static void softmax(INDArray rows) {
    if (rows.dataType() == DataType.FLOAT) {
      Nd4j.exec(new SoftMax(rows, rows, 1));
      return;
    }
    // In double, ND4J's softmax gives NaN for a row whose largest value is far below zero.
    try (ScratchScope scratch = new ScratchScope()) {
      softmax(rows, scratch.array(rows.dataType(), rows.size(0)));
    }
  }

  /** Receives the logarithm of each row's sum of exponentials. */
  private static void softmax(INDArray rows, INDArray statistics) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray sums = scratch.like(statistics);
      Nd4j.exec(new Max(rows, statistics, 1));
      Nd4j.exec(new BroadcastSubOp(rows, statistics, rows, 0));
      Nd4j.exec(new Exp(rows, rows));
      Nd4j.exec(new Sum(rows, sums, 1));
      Nd4j.exec(new BroadcastDivOp(rows, sums, rows, 0));
      Nd4j.exec(new Log(sums, sums));
      statistics.addi(sums);
    }
  }

  /**
   * With {@code dP = dC·vᵀ}, the gradient after the softmax is {@code P·(dP − rowsum(P·dP))}; that
   * sum equals {@code rowsum(C·dC)}, which is shorter. A soft cap multiplies it by {@code 1 −
   * tanh²}. A blind query's probabilities are constant, so it does not contribute.
   */
  void backward(
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray memory,
      INDArray context,
      INDArray contextGradient,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray biasGradient) {
    List<Tile> tiles = tiles();
    boolean whole = tiles.size() == 1 && tiles.get(0).keys() == pattern.keys();
    if (!whole) {
      dk.assign(0);
      dv.assign(0);
      if (biasGradient != null) {
        biasGradient.assign(0);
      }
    }
    for (Tile tile : tiles) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray keys = headsFirst(keys(k, tile), scratch);
        INDArray queries = headsFirst(queries(q, tile), scratch);
        INDArray upper = headsFirst(queries(contextGradient, tile), scratch);
        INDArray p = probabilities(memory, queries, keys, scratch);
        if (!kept) {
          again(queries, keys, tile, statistics(memory, q, tile), p);
        }
        INDArray part = scratch.like(keys);
        batched(grouped(p, keys), true, grouped(upper, keys), false, 1, part);
        put(part, keys(dv, tile), whole);
        Nd4jBias.scaleBlind(pattern, tile, 0, upper);
        INDArray ds = scratch.like(p);
        INDArray values = headsFirst(keys(v, tile), scratch);
        batched(grouped(upper, keys), false, values, true, 1, grouped(ds, keys));
        INDArray sums = scratch.array(q.dataType(), p.length() / p.size(3));
        INDArray result = headsFirst(queries(context, tile), scratch);
        Nd4j.exec(new Dot(rows(result), rows(upper), sums, 1));
        Nd4j.exec(new BroadcastSubOp(rows(ds), sums, rows(ds), 0));
        ds.muli(p);
        if (biasGradient != null) {
          Nd4jBias.gradient(ds, tile, biasGradient);
        }
        INDArray stacked = grouped(ds, keys);
        if (scores.capped()) {
          INDArray slope = scratch.like(stacked);
          multiply(grouped(queries, keys), keys, slope);
          stacked.muli(slope.muli(slope).rsubi(1));
        }
        batched(stacked, true, grouped(queries, keys), false, scores.scale(), part);
        put(part, keys(dk, tile), whole);
        batched(stacked, false, keys, false, scores.scale(), grouped(queries, keys));
        queries(dq, tile).assign(queries.permute(0, 2, 1, 3));
      }
    }
  }

  /** Computes the probabilities of a tile again, from the statistics of its rows. */
  private void again(INDArray queries, INDArray keys, Tile tile, INDArray statistics, INDArray p) {
    scores(grouped(queries, keys), keys, tile, p);
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray row = scratch.mine(statistics.dup('c'));
      INDArray flat = rows(p);
      Nd4j.exec(new BroadcastSubOp(flat, row.reshape('c', new long[] {row.length()}), flat, 0));
      Nd4j.exec(new Exp(flat, flat));
    }
    // Their scores are so far below zero that the logarithm of a sum is lost in them.
    Nd4jBias.scaleBlind(pattern, tile, 1.0 / pattern.keys(), p);
  }

  private static void put(INDArray part, INDArray gradient, boolean overwrite) {
    INDArray rows = part.permute(0, 2, 1, 3);
    if (overwrite) {
      gradient.assign(rows);
    } else {
      gradient.addi(rows);
    }
  }

  private static long[] swapped(INDArray x) {
    return new long[] {x.size(0), x.size(2), x.size(1), x.size(3)};
  }

  /** [B, T, H, D] copied to [B, H, T, D]. */
  static INDArray headsFirst(INDArray x, ScratchScope scratch) {
    INDArray copy = scratch.array(x.dataType(), swapped(x));
    copy.assign(x.permute(0, 2, 1, 3));
    return copy;
  }

  private static INDArray rows(INDArray x) {
    return x.reshape('c', x.length() / x.size(3), x.size(3));
  }

  /** [B, H, T, n] as [B, K, (H/K)·T, n]. */
  private static INDArray grouped(INDArray x, INDArray k) {
    long keyHeads = k.size(1);
    return x.reshape('c', x.size(0), keyHeads, x.size(1) / keyHeads * x.size(2), x.size(3));
  }

  private static void batched(
      INDArray a, boolean transposeA, INDArray b, boolean transposeB, double alpha, INDArray out) {
    Mmul product = new Mmul(a, b, alpha, 0, transposeA, transposeB, false);
    product.addOutputArgument(out);
    Nd4j.exec(product);
  }
}
