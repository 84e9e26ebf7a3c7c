package org.peft4j.onednn.internal.attention;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct.After;

/**
 * A part of an attention that keeps no probabilities, in blocks of keys (Dao et al., 2022): of each
 * query, the logarithm of its sum of exponentials, lse, is kept. Rows of few heads lie together
 * here, and have one more feature, so that a product with another's adds what is to be added to
 * each score.
 *
 * @param contexts of contexts, or of their gradients
 */
record FlashBlocks(
    AttentionTiles tiles,
    double scale,
    Share part,
    ExtendedHeads keys,
    ExtendedHeads values,
    ExtendedHeads queries,
    ExtendedHeads contexts,
    INDArray room) {

  /** Takes memory for the largest of some parts from {@code scratch}. */
  static FlashBlocks of(
      AttentionTiles tiles, double scale, List<Share> parts, ReusedScope scratch) {
    int heads = Share.mostHeads(parts);
    int ofQueries = heads * tiles.group();
    int width = tiles.size() + 1;
    int count = tiles.pattern().queries();
    return new FlashBlocks(
        tiles,
        scale,
        parts.get(0),
        AttentionTiles.room(heads, tiles.pattern().keys(), width, scratch),
        AttentionTiles.room(heads, tiles.pattern().keys(), width, scratch),
        AttentionTiles.room(ofQueries, count, width, scratch),
        AttentionTiles.room(ofQueries, count, width, scratch),
        scratch.array(DataType.FLOAT, tiles.scores(heads, true)));
  }

  /** Another part, in the same memory. */
  FlashBlocks at(Share other) {
    return new FlashBlocks(
        tiles,
        scale,
        other,
        keys.of(other.firstHead(), other.heads()),
        values.of(other.firstHead(), other.heads()),
        queries.of(other.firstHead() * tiles.group(), other.heads() * tiles.group()),
        contexts.of(other.firstHead() * tiles.group(), other.heads() * tiles.group()),
        room);
  }

  /** Reads the keys and values of a sequence, with a feature 1. */
  void read(INDArray k, INDArray v, int sequence) {
    int count = tiles.pattern().keys();
    keys.fill(k, sequence * count, count, 1, (row, head, of, other) -> 1);
    values.fill(v, sequence * count, count, 1, (row, head, of, other) -> 1);
  }

  /** Reads the queries of a sequence, scaled, with a feature that is added to their scores. */
  void read(INDArray q, int sequence, ExtendedHeads.Feature added) {
    int count = tiles.pattern().queries();
    queries.fill(q, sequence * count, count, (float) scale, added);
  }

  /** {@code exp(score + feature)}; 0 for hidden keys. */
  void exponentials(TileScores p) {
    for (int i = 0; i < tiles.group(); i++) {
      Operand of = queries.queries(p, i, tiles.group());
      Operand by = keys.keys(p).transposed();
      AttentionTiles.multiply(of, by, p.operand(i, tiles.group()), 1, After.EXP);
    }
    HiddenScores.set(tiles.pattern(), p, 0);
  }
}
