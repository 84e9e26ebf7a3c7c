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
 * here, and have {@linkplain ExtendedHeads one more feature}, so that a product with another's adds
 * what is to be added to each score. Factors of products may be BFLOAT16, exponentials and the
 * gradients of scores among them; sums are in single precision.
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

  /**
   * Takes memory for the largest of some parts from {@code scratch}.
   *
   * @param type of the factors of products
   * @param ofContexts FLOAT where products make contexts, and that type where they take them
   */
  static FlashBlocks of(
      AttentionTiles tiles,
      double scale,
      List<Share> parts,
      DataType type,
      DataType ofContexts,
      ReusedScope scratch) {
    int heads = Share.mostHeads(parts);
    int ofQueries = heads * tiles.group();
    int features = ExtendedHeads.featuresOf(type);
    int keys = tiles.pattern().keys();
    int queries = tiles.pattern().queries();
    return new FlashBlocks(
        tiles,
        scale,
        parts.get(0),
        tiles.room(type, heads, keys, features, scratch),
        tiles.room(type, heads, keys, features, scratch),
        tiles.room(type, ofQueries, queries, features, scratch),
        tiles.room(ofContexts, ofQueries, queries, features, scratch),
        scratch.array(type, tiles.scores(heads, true)));
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
    keys.fillWithOnes(k, sequence * count, count);
    values.fillWithOnes(v, sequence * count, count);
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
