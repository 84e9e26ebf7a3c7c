package org.peft4j.onednn;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.kernel.ScratchScope;
import org.peft4j.onednn.BatchProduct.Axis;
import org.peft4j.onednn.BatchProduct.Heads;
import org.peft4j.onednn.internal.Address;

/**
 * Attention on the rows of projections in place, one tile of queries at a time. If several query
 * heads share a key head, the first heads of all groups form one batch of products, the second
 * heads the next. Each tile keeps the probabilities of the keys that it sees, [B, H, queries,
 * keys].
 */
final class Attention {
  /** An operand of a batch of products: its address and layout. */
  private record Operand(long address, Heads layout) {
    Operand transposed() {
      return new Operand(address, layout.transposed());
    }
  }

  private final int batch;
  private final int keyHeads;
  private final int group;
  private final AttentionPattern pattern;
  private final AttentionScores scores;
  private final List<Tile> tiles;
  private final BlindQueries blind;

  /**
   * @param q [B, T, H, D]
   * @param k [B, S, K, D]
   */
  Attention(INDArray q, INDArray k, AttentionPattern pattern, AttentionScores scores) {
    batch = (int) q.size(0);
    keyHeads = (int) k.size(2);
    group = (int) q.size(2) / keyHeads;
    this.pattern = pattern;
    this.scores = scores;
    tiles = QueryTiles.of(pattern);
    blind = new BlindQueries(pattern, batch, heads(), group);
  }

  void forward(INDArray q, INDArray k, INDArray v, INDArray probabilities, INDArray context) {
    for (Tile tile : tiles) {
      int offset = (int) (batch * heads() * tile.before());
      long p = Address.of(probabilities) + (long) offset * Float.BYTES;
      multiply(q, k, tile, p);
      if (scores.capped()) {
        Pointwise.apply(
            dnnl.algorithm.eltwise_linear, (float) scores.softCap(), 0, p, p, elements(tile));
      }
      INDArray bias = pattern.bias();
      if (bias != null) {
        new BiasRows(bias, tile, batch, heads()).addTo(probabilities, offset);
      }
      HiddenScores.hide(pattern, tile, probabilities, offset, batch, heads());
      Softmax.apply(p, (long) batch * heads() * tile.count(), tile.keys());
      blind.clear(probabilities, offset, tile);
      for (int i = 0; i < group; i++) {
        multiply(scores(p, tile, i), keys(v, tile), rows(context, tile, i), 1, false);
      }
    }
    blind.forward(v, context);
  }

  /** Computes the scores of a tile, divided by the soft cap if there is one. */
  private void multiply(INDArray q, INDArray k, Tile tile, long out) {
    double scale = scores.capped() ? scores.scale() / scores.softCap() : scores.scale();
    for (int i = 0; i < group; i++) {
      multiply(rows(q, tile, i), keys(k, tile).transposed(), scores(out, tile, i), scale, false);
    }
    if (scores.capped()) {
      Pointwise.apply(dnnl.algorithm.eltwise_tanh, 0, 0, out, out, elements(tile));
    }
  }

  void backward(
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray probabilities,
      INDArray upper,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray biasGradient) {
    // The last tile usually sees all keys, so its products overwrite; earlier tiles add.
    boolean add = tiles.get(tiles.size() - 1).keys() < k.size(1);
    if (add) {
      dk.assign(0);
      dv.assign(0);
    }
    if (biasGradient != null) {
      biasGradient.assign(0);
    }
    for (int t = tiles.size() - 1; t >= 0; t--) {
      Tile tile = tiles.get(t);
      long p = Address.of(probabilities) + batch * heads() * tile.before() * Float.BYTES;
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray gradients = scratch.array(DataType.FLOAT, elements(tile));
        long d = Address.of(gradients);
        for (int i = 0; i < group; i++) {
          Operand dContext = rows(upper, tile, i);
          multiply(scores(p, tile, i).transposed(), dContext, keys(dv, tile), 1, add || i > 0);
          multiply(dContext, keys(v, tile).transposed(), scores(d, tile, i), 1, false);
        }
        Softmax.gradient(p, d, (long) batch * heads() * tile.count(), tile.keys());
        if (biasGradient != null) {
          new BiasRows(biasGradient, tile, batch, heads()).addFrom(gradients);
        }
        if (scores.capped()) {
          INDArray tanh = scratch.array(DataType.FLOAT, elements(tile));
          multiply(q, k, tile, Address.of(tanh));
          Pointwise.gradientByResult(
              dnnl.algorithm.eltwise_tanh_use_dst_for_bwd, Address.of(tanh), d, d, elements(tile));
        }
        for (int i = 0; i < group; i++) {
          Operand dScores = scores(d, tile, i);
          multiply(dScores, keys(k, tile), rows(dq, tile, i), scores.scale(), false);
          multiply(
              dScores.transposed(), rows(q, tile, i), keys(dk, tile), scores.scale(), add || i > 0);
        }
      }
      add = true;
    }
    blind.backward(upper, dv);
  }

  private int heads() {
    return keyHeads * group;
  }

  private long elements(Tile tile) {
    return batch * heads() * tile.area();
  }

  private static void multiply(
      Operand a, Operand b, Operand out, double alpha, boolean accumulate) {
    BatchProduct product =
        new BatchProduct(a.layout(), b.layout(), out.layout(), (float) alpha, accumulate);
    BatchProduct.run(product, a.address(), b.address(), out.address());
  }

  /** The keys of a tile in [B, S, K, D], as matrices [keys, D]. */
  private Operand keys(INDArray x, Tile tile) {
    Heads layout =
        new Heads(
            new Axis(batch, x.stride(0)),
            new Axis(keyHeads, x.stride(2)),
            new Axis(tile.keys(), x.stride(1)),
            new Axis(x.size(3), 1));
    long offset = tile.range().first() * x.stride(1);
    return new Operand(Address.of(x) + offset * Float.BYTES, layout);
  }

  /**
   * The queries of a tile in [B, T, H, D], for the i-th head of each group, as matrices [queries,
   * D].
   */
  private Operand rows(INDArray x, Tile tile, int i) {
    Heads layout =
        new Heads(
            new Axis(batch, x.stride(0)),
            new Axis(keyHeads, group * x.stride(2)),
            new Axis(tile.count(), x.stride(1)),
            new Axis(x.size(3), 1));
    long offset = i * x.stride(2) + tile.first() * x.stride(1);
    return new Operand(Address.of(x) + offset * Float.BYTES, layout);
  }

  /** The scores of a tile, for the i-th head of each group, as matrices [queries, keys]. */
  private Operand scores(long address, Tile tile, int i) {
    Heads layout =
        new Heads(
            new Axis(batch, heads() * tile.area()),
            new Axis(keyHeads, group * tile.area()),
            new Axis(tile.count(), tile.keys()),
            new Axis(tile.keys(), 1));
    return new Operand(address + i * tile.area() * Float.BYTES, layout);
  }
}
