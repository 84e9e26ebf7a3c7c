package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.BatchProduct.After;
import org.peft4j.onednn.BatchProduct.Axis;
import org.peft4j.onednn.BatchProduct.Heads;
import org.peft4j.onednn.TileScores.Operand;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.Sums;

/**
 * Attention on the rows of projections in place: one sequence after the other, of it one tile of
 * queries, and of that as many heads as the cache holds. If several query heads share a key head,
 * the first heads of all groups form one batch of products, the second heads the next.
 *
 * <p>What is kept is either the probabilities of each tile, [B, H, queries, keys], or for each
 * query the logarithm of its sum of exponentials, [B, H, T].
 */
final class Attention {
  /** The most scores at once, 4 MB, unless there are more cores than heads in them. */
  private static final long SCORES = 1 << 20;

  private final int batch;
  private final int keyHeads;
  private final int group;
  private final int size;
  private final AttentionPattern pattern;
  private final AttentionScores scores;
  private final boolean kept;
  private final List<Tile> tiles;
  private final BlindQueries blind;

  /**
   * @param q [B, T, H, D]
   * @param k [B, S, K, D]
   * @param kept whether probabilities are kept, or statistics of their rows
   */
  Attention(
      INDArray q, INDArray k, AttentionPattern pattern, AttentionScores scores, boolean kept) {
    batch = (int) q.size(0);
    keyHeads = (int) k.size(2);
    group = (int) q.size(2) / keyHeads;
    size = (int) q.size(3);
    this.pattern = pattern;
    this.scores = scores;
    this.kept = kept;
    tiles = QueryTiles.of(pattern);
    blind = new BlindQueries(pattern, batch, heads(), group);
  }

  void forward(INDArray q, INDArray k, INDArray v, INDArray memory, INDArray context) {
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray room = kept ? memory : scores(scratch);
      for (int sequence = 0; sequence < batch; sequence++) {
        for (Tile tile : tiles) {
          for (TileScores p : parts(tile, sequence, room)) {
            softmax(q, k, p, kept ? null : memory);
            for (int i = 0; i < group; i++) {
              multiply(p.operand(i, group), keys(v, p), rows(context, p, i), 1, After.NOTHING);
            }
          }
        }
      }
    }
    blind.forward(v, context);
  }

  private INDArray scores(ReusedScope scratch) {
    long most =
        tiles.stream().mapToLong(tile -> group * atOnce(tile) * tile.area()).max().orElse(0);
    return scratch.array(DataType.FLOAT, most);
  }

  /** How many key heads to compute at once. */
  private long atOnce(Tile tile) {
    long heads = Math.max(Runtime.getRuntime().availableProcessors(), SCORES / tile.area());
    long most = Math.max(1, Math.min(heads / group, keyHeads));
    long times = (keyHeads + most - 1) / most;
    return (keyHeads + times - 1) / times;
  }

  /** The scores of a tile and sequence in the memory that is kept, or one after the other. */
  private List<TileScores> parts(Tile tile, int sequence, INDArray memory) {
    List<TileScores> parts = new ArrayList<>();
    int step = (int) atOnce(tile);
    for (int head = 0; head < keyHeads; head += step) {
      int count = Math.min(step, keyHeads - head) * group;
      long before = ((long) sequence * heads() + head * group) * tile.area();
      long offset = kept ? batch * heads() * tile.before() + before : 0;
      parts.add(new TileScores(tile, sequence, head * group, count, memory, offset));
    }
    return parts;
  }

  /**
   * Computes the probabilities of a tile.
   *
   * @param statistics [B, H, T], receives those of the rows; null for none
   */
  private void softmax(INDArray q, INDArray k, TileScores p, @Nullable INDArray statistics) {
    multiply(q, k, p);
    if (scores.capped()) {
      Pointwise.apply(
          dnnl.algorithm.eltwise_linear,
          (float) scores.softCap(),
          0,
          p.address(),
          p.address(),
          p.elements());
    }
    INDArray bias = pattern.bias();
    if (bias != null) {
      new BiasRows(bias).addTo(p);
    }
    HiddenScores.set(pattern, p, HiddenScores.SCORE);
    if (statistics == null) {
      Softmax.apply(p.address(), p.rows(), p.tile().keys());
    } else {
      softmaxWithStatistics(p, statistics);
    }
    blind.clear(p);
  }

  /** With m the largest score of a row, its probability is {@code exp(m − lse)}. */
  private void softmaxWithStatistics(TileScores p, INDArray statistics) {
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray largest = scratch.array(DataType.FLOAT, 2, p.rows());
      long second = Address.of(largest) + p.rows() * Float.BYTES;
      Softmax.largest(p.address(), p.rows(), p.tile().keys(), Address.of(largest));
      Softmax.apply(p.address(), p.rows(), p.tile().keys());
      Softmax.largest(p.address(), p.rows(), p.tile().keys(), second);
      FloatBuffer values = RowTasks.floats(largest);
      FloatBuffer all = RowTasks.floats(statistics);
      int rows = (int) p.rows();
      for (int i = 0; i < rows; i++) {
        float lse = (float) (values.get(i) - Math.log(values.get(rows + i)));
        all.put(statistic(p, p.firstHead() + i / p.tile().count(), i % p.tile().count()), lse);
      }
    }
  }

  private int statistic(TileScores p, int head, int query) {
    return (p.sequence() * heads() + head) * pattern.queries() + p.tile().first() + query;
  }

  /** Computes the scores of a tile, divided by the soft cap if there is one. */
  private void multiply(INDArray q, INDArray k, TileScores out) {
    double scale = scores.capped() ? scores.scale() / scores.softCap() : scores.scale();
    for (int i = 0; i < group; i++) {
      Operand to = out.operand(i, group);
      multiply(rows(q, out, i), keys(k, out).transposed(), to, scale, After.NOTHING);
    }
    if (scores.capped()) {
      Pointwise.apply(
          dnnl.algorithm.eltwise_tanh, 0, 0, out.address(), out.address(), out.elements());
    }
  }

  /**
   * With {@code dP = dC·vᵀ}, the gradient of scores is {@code P·(dP − rowsum(C·dC))}. Statistics
   * and those sums are subtracted in the products, as one more feature.
   */
  void backward(
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray memory,
      INDArray context,
      INDArray upper,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray biasGradient) {
    // The last tile usually sees all keys, so its products overwrite; earlier tiles add.
    boolean overwrite = tiles.get(tiles.size() - 1).keys() == k.size(1);
    if (!overwrite) {
      dk.assign(0);
      dv.assign(0);
    }
    if (biasGradient != null) {
      biasGradient.assign(0);
    }
    boolean simple = !kept && !scores.capped() && pattern.bias() == null;
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray room = kept ? memory : scores(scratch);
      INDArray slopes = scores(scratch);
      ExtendedHeads keys = extended(scratch, simple, keyHeads, pattern.keys());
      ExtendedHeads values = extended(scratch, true, keyHeads, pattern.keys());
      for (int sequence = 0; sequence < batch; sequence++) {
        if (simple) {
          keys.fill(k, sequence * pattern.keys(), 1, (row, head, of) -> 1);
        }
        values.fill(v, sequence * pattern.keys(), 1, (row, head, of) -> 1);
        for (int t = tiles.size() - 1; t >= 0; t--) {
          Tile tile = tiles.get(t);
          boolean add = !overwrite || t < tiles.size() - 1;
          try (ReusedScope own = new ReusedScope()) {
            ExtendedHeads queries = extended(own, simple, heads(), tile.count());
            ExtendedHeads contexts = extended(own, true, heads(), tile.count());
            if (simple) {
              extend(q, memory, sequence, tile, queries);
            }
            extend(upper, context, sequence, tile, own, contexts);
            for (TileScores p : parts(tile, sequence, room)) {
              if (simple) {
                again(queries, keys, p);
              } else if (!kept) {
                softmax(q, k, p, null);
              }
              TileScores ds = p.in(slopes);
              gradients(upper, contexts, values, p, ds, dv, add);
              if (biasGradient != null) {
                new BiasRows(biasGradient).addFrom(ds);
              }
              if (scores.capped()) {
                throughCap(q, k, ds);
              }
              for (int i = 0; i < group; i++) {
                Operand d = ds.operand(i, group);
                After after = add || i > 0 ? After.ADD : After.NOTHING;
                double scale = scores.scale();
                multiply(d, keys(k, p), rows(dq, p, i), scale, After.NOTHING);
                multiply(d.transposed(), rows(q, p, i), keys(dk, p), scale, after);
              }
            }
          }
        }
      }
    }
    blind.backward(upper, dv);
  }

  /** Room for matrices with one more feature; for one number if they are not needed. */
  private ExtendedHeads extended(ReusedScope scratch, boolean needed, int heads, int rows) {
    return new ExtendedHeads(
        needed
            ? scratch.array(DataType.FLOAT, heads, rows, size + 1)
            : scratch.array(DataType.FLOAT, 1, 1, 1));
  }

  /** The queries of a tile, scaled, and what is subtracted from their scores. */
  private void extend(INDArray q, INDArray memory, int sequence, Tile tile, ExtendedHeads out) {
    FloatBuffer statistics = RowTasks.floats(memory);
    int first = sequence * heads() * pattern.queries() + tile.first();
    out.fill(
        q,
        sequence * pattern.queries() + tile.first(),
        (float) scores.scale(),
        (row, head, of) -> -statistics.get(first + head * pattern.queries() + row));
  }

  /** The gradients of a tile's contexts, and what is subtracted from those of probabilities. */
  private void extend(
      INDArray upper,
      INDArray context,
      int sequence,
      Tile tile,
      ReusedScope scratch,
      ExtendedHeads out) {
    int first = sequence * pattern.queries() + tile.first();
    INDArray sums = scratch.array(DataType.FLOAT, tile.count(), heads());
    FloatBuffer all = RowTasks.floats(sums);
    HeadRows contexts = HeadRows.of(context);
    HeadRows gradients = HeadRows.of(upper);
    RowTasks.run(
        tile.count(),
        (long) heads() * size,
        (from, to) -> {
          float[] c = new float[heads() * size];
          float[] d = new float[heads() * size];
          for (int row = from; row < to; row++) {
            contexts.get(first + row, c);
            gradients.get(first + row, d);
            for (int head = 0; head < heads(); head++) {
              double sum = Sums.ofProducts(c, d, head * size, (head + 1) * size);
              all.put(row * heads() + head, (float) sum);
            }
          }
        });
    out.fill(upper, first, 1, (row, head, of) -> -all.get(row * heads() + head));
  }

  /** Computes probabilities from the statistics of their rows: {@code exp(score − lse)}. */
  private void again(ExtendedHeads queries, ExtendedHeads keys, TileScores p) {
    for (int i = 0; i < group; i++) {
      multiply(queries(queries, p, i), keys(keys, p), p.operand(i, group), 1, After.EXP);
    }
    HiddenScores.set(pattern, p, 0);
  }

  /** The gradients of v, and those of scores. */
  private void gradients(
      INDArray upper,
      ExtendedHeads contexts,
      ExtendedHeads values,
      TileScores p,
      TileScores ds,
      INDArray dv,
      boolean add) {
    for (int i = 0; i < group; i++) {
      Operand probabilities = p.operand(i, group);
      After after = add || i > 0 ? After.ADD : After.NOTHING;
      multiply(probabilities.transposed(), rows(upper, p, i), keys(dv, p), 1, after);
      Operand a = queries(contexts, p, i);
      Operand b = keys(values, p);
      Operand out = ds.operand(i, group);
      BatchProduct.run(
          new BatchProduct(a.layout(), b.layout(), out.layout(), 1, After.TIMES),
          a.address(),
          b.address(),
          out.address(),
          probabilities.address());
    }
  }

  private void throughCap(INDArray q, INDArray k, TileScores ds) {
    try (ReusedScope scratch = new ReusedScope()) {
      TileScores tanh = ds.in(scratch.array(DataType.FLOAT, ds.elements()));
      multiply(q, k, tanh);
      Pointwise.gradientByResult(
          dnnl.algorithm.eltwise_tanh_use_dst_for_bwd,
          tanh.address(),
          ds.address(),
          ds.address(),
          ds.elements());
    }
  }

  private int heads() {
    return keyHeads * group;
  }

  private static void multiply(Operand a, Operand b, Operand out, double alpha, After after) {
    BatchProduct product =
        new BatchProduct(a.layout(), b.layout(), out.layout(), (float) alpha, after);
    BatchProduct.run(product, a.address(), b.address(), out.address());
  }

  private Operand queries(ExtendedHeads all, TileScores p, int i) {
    return all.operand(p.firstHead() + i, p.heads() / group, group, 0, p.tile().count());
  }

  private Operand keys(ExtendedHeads all, TileScores p) {
    int head = p.firstHead() / group;
    Tile tile = p.tile();
    return all.operand(head, p.heads() / group, 1, tile.range().first(), tile.keys()).transposed();
  }

  /** The keys of a tile in [B, S, K, D], as matrices [keys, D]. */
  private Operand keys(INDArray x, TileScores p) {
    return rows(x, p, p.firstHead() / group, 1, p.tile().range().first(), p.tile().keys());
  }

  /** The queries of a tile in [B, T, H, D], for the i-th head of each group, as [queries, D]. */
  private Operand rows(INDArray x, TileScores p, int i) {
    return rows(x, p, p.firstHead() + i, group, p.tile().first(), p.tile().count());
  }

  private Operand rows(INDArray x, TileScores p, int head, int step, int first, int count) {
    Heads layout =
        new Heads(
            new Axis(p.heads() / group, step * x.stride(2)),
            new Axis(count, x.stride(1)),
            new Axis(x.size(3), 1));
    long row = p.sequence() * x.size(1) + first;
    return new Operand(
        Address.of(x) + (head * x.stride(2) + row * x.stride(1)) * Float.BYTES, layout);
  }
}
