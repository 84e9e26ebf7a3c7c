package org.peft4j.onednn;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.ScratchScope;
import org.peft4j.onednn.BatchProduct.Axis;
import org.peft4j.onednn.BatchProduct.Heads;
import org.peft4j.onednn.QueryTiles.Tile;

/**
 * Attention on the rows of projections as they lie, tile by tile of the queries. Where several
 * query heads share a key head, the first of each group make one batch of products, the second the
 * next. Of the probabilities each tile keeps those of the keys that it sees, [B, H, queries, keys].
 */
final class Attention {
  /** An operand of a batch of products: where it begins, and how it lies. */
  private record Operand(long address, Heads layout) {
    Operand transposed() {
      return new Operand(address, layout.transposed());
    }
  }

  private final long batch;
  private final long keyHeads;
  private final long group;
  private final QueryTiles tiles;

  /**
   * @param q [B, T, H, D]
   * @param k [B, S, K, D]
   * @param mask [1 or B, T, S]
   */
  Attention(INDArray q, INDArray k, INDArray mask) {
    batch = q.size(0);
    keyHeads = k.size(2);
    group = q.size(2) / keyHeads;
    tiles = new QueryTiles(mask);
  }

  void forward(
      INDArray q, INDArray k, INDArray v, double scale, INDArray probabilities, INDArray context) {
    for (Tile tile : tiles.all()) {
      long p = Address.of(probabilities) + batch * heads() * tile.before() * Float.BYTES;
      for (int i = 0; i < group; i++) {
        multiply(rows(q, tile, i), keys(k, tile).transposed(), scores(p, tile, i), scale, false);
      }
      tiles.addMask(tile, p, batch, heads());
      Softmax.apply(p, batch * heads() * tile.count(), tile.keys());
      for (int i = 0; i < group; i++) {
        multiply(scores(p, tile, i), keys(v, tile), rows(context, tile, i), 1, false);
      }
    }
  }

  void backward(
      INDArray q,
      INDArray k,
      INDArray v,
      double scale,
      INDArray probabilities,
      INDArray upper,
      INDArray dq,
      INDArray dk,
      INDArray dv) {
    boolean several = tiles.all().size() > 1;
    if (several) {
      dk.assign(0);
      dv.assign(0);
    }
    for (Tile tile : tiles.all()) {
      long p = Address.of(probabilities) + batch * heads() * tile.before() * Float.BYTES;
      try (ScratchScope scratch = new ScratchScope()) {
        long d =
            Address.of(scratch.array(DataType.FLOAT, batch * heads(), tile.count(), tile.keys()));
        for (int i = 0; i < group; i++) {
          boolean add = several || i > 0;
          Operand dContext = rows(upper, tile, i);
          multiply(scores(p, tile, i).transposed(), dContext, keys(dv, tile), 1, add);
          multiply(dContext, keys(v, tile).transposed(), scores(d, tile, i), 1, false);
        }
        Softmax.gradient(p, d, batch * heads() * tile.count(), tile.keys());
        for (int i = 0; i < group; i++) {
          boolean add = several || i > 0;
          Operand dScores = scores(d, tile, i);
          multiply(dScores, keys(k, tile), rows(dq, tile, i), scale, false);
          multiply(dScores.transposed(), rows(q, tile, i), keys(dk, tile), scale, add);
        }
      }
    }
  }

  private long heads() {
    return keyHeads * group;
  }

  private static void multiply(
      Operand a, Operand b, Operand out, double alpha, boolean accumulate) {
    BatchProduct product =
        new BatchProduct(a.layout(), b.layout(), out.layout(), (float) alpha, accumulate);
    BatchProduct.run(product, a.address(), b.address(), out.address());
  }

  /** Of [B, S, K, D] the keys of a tile, as matrices [keys, D]. */
  private Operand keys(INDArray x, Tile tile) {
    Heads layout =
        new Heads(
            new Axis(batch, x.stride(0)),
            new Axis(keyHeads, x.stride(2)),
            new Axis(tile.keys(), x.stride(1)),
            new Axis(x.size(3), 1));
    return new Operand(Address.of(x), layout);
  }

  /**
   * Of [B, T, H, D] the queries of a tile, of the i-th head of each group, as matrices [queries,
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

  /** The scores of a tile, of the i-th head of each group, as matrices [queries, keys]. */
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
