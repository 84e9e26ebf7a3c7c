package org.peft4j.onednn.internal.attention;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct.After;

/**
 * A share's part of an attention that keeps no probabilities, in blocks of keys (Dao et al., 2022):
 * of each query, the logarithm of its sum of exponentials, lse, is kept. Rows have one more feature
 * here, so that a product with another's adds what is to be added to each score.
 */
final class FlashBlocks {
  final AttentionTiles tiles;
  final Share share;
  final ExtendedHeads keys;
  final ExtendedHeads values;
  final ExtendedHeads queries;

  /** Of contexts, or of their gradients. */
  final ExtendedHeads contexts;

  final double scale;
  private final INDArray room;

  /** Takes its memory from {@code scratch}. */
  FlashBlocks(AttentionTiles tiles, double scale, Share share, ReusedScope scratch) {
    this.tiles = tiles;
    this.scale = scale;
    this.share = share;
    keys = tiles.extended(share, 1, tiles.pattern().keys(), scratch);
    values = tiles.extended(share, 1, tiles.pattern().keys(), scratch);
    queries = tiles.extended(share, tiles.group(), tiles.longest(), scratch);
    contexts = tiles.extended(share, tiles.group(), tiles.longest(), scratch);
    room = scratch.array(DataType.FLOAT, tiles.scoresOfBlocks(share));
  }

  /** Reads the keys and values of a sequence, with a feature 1. */
  void read(INDArray k, INDArray v, int sequence) {
    int count = tiles.pattern().keys();
    keys.fill(k, sequence * count, count, 1, (row, head, of, other) -> 1);
    values.fill(v, sequence * count, count, 1, (row, head, of, other) -> 1);
  }

  /** Reads the queries of a tile, scaled, with a feature that is added to their scores. */
  void read(INDArray q, int sequence, Tile tile, ExtendedHeads.Feature added) {
    int first = sequence * tiles.pattern().queries() + tile.first();
    queries.fill(q, first, tile.count(), (float) scale, added);
  }

  /** The scores of a block, of some heads after the other. */
  Iterable<TileScores> parts(Tile block, int sequence) {
    return tiles.parts(block, sequence, share, room);
  }

  /** {@code exp(score + feature)}; 0 for hidden keys. */
  void exponentials(TileScores p) {
    for (int i = 0; i < tiles.group(); i++) {
      Operand of = queries.queries(p, i, tiles.group());
      Operand by = keys.keys(p, tiles.group()).transposed();
      AttentionTiles.multiply(of, by, p.operand(i, tiles.group()), 1, After.EXP);
    }
    HiddenScores.set(tiles.pattern(), p, 0);
  }
}
