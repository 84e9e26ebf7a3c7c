package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.KeyRange;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.attention.AttentionGradient.Inputs;
import org.peft4j.onednn.internal.attention.AttentionGradient.Results;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct.After;

/**
 * The gradients of an attention in {@link FlashBlocks}. With {@code dP = dC·vᵀ}, that of scores is
 * {@code P·(dP − rowsum(C·dC))}; the features subtract statistics and those sums.
 *
 * <p>Of each block of keys, all tiles of queries are computed one after the other, so that the
 * gradients of its keys and values are summed in the cache.
 *
 * @param dk of the keys of a part, as dv and dq summed where rows lie together
 */
record FlashGradient(
    FlashBlocks blocks, INDArray slopes, ExtendedHeads dq, ExtendedHeads dk, ExtendedHeads dv) {

  static FlashGradient of(FlashBlocks blocks, ReusedScope scratch) {
    AttentionTiles tiles = blocks.tiles();
    int heads = blocks.keys().heads();
    int ofQueries = heads * tiles.group();
    int keys = tiles.pattern().keys();
    return new FlashGradient(
        blocks,
        scratch.array(blocks.room().dataType(), tiles.scores(heads, true)),
        tiles.room(DataType.FLOAT, ofQueries, tiles.pattern().queries(), 0, scratch),
        tiles.room(DataType.FLOAT, heads, keys, 0, scratch),
        tiles.room(DataType.FLOAT, heads, keys, 0, scratch));
  }

  /** Another part, in the same memory. */
  FlashGradient at(Share part) {
    int group = blocks.tiles().group();
    return new FlashGradient(
        blocks.at(part),
        slopes,
        dq.of(part.firstHead() * group, part.heads() * group),
        dk.of(part.firstHead(), part.heads()),
        dv.of(part.firstHead(), part.heads()));
  }

  void compute(int sequence, Inputs in, Results out) {
    AttentionTiles tiles = blocks.tiles();
    int queries = tiles.pattern().queries();
    int keys = tiles.pattern().keys();
    FloatBuffer statistics = RowTasks.floats(in.memory());
    blocks.read(in.k(), in.v(), sequence);
    blocks.read(
        in.q(),
        sequence,
        (row, head, of, other) -> -statistics.get(tiles.statistic(sequence, head, row)));
    blocks.contexts().fillGradients(in, sequence * queries, queries);
    for (KeyRange block : tiles.keyBlocks()) {
      compute(sequence, block);
    }
    dq.write(queries, out.dq(), sequence * queries);
    dk.write(keys, out.dk(), sequence * keys);
    dv.write(keys, out.dv(), sequence * keys);
  }

  private void compute(int sequence, KeyRange block) {
    AttentionTiles tiles = blocks.tiles();
    boolean later = false;
    for (Tile tile : tiles.tiles()) {
      Tile seen = AttentionTiles.within(tile, block);
      if (seen != null) {
        boolean whole = seen.keys() == block.count();
        if (!later && !whole) {
          dk.clear(block);
          dv.clear(block);
        }
        TileScores p = tiles.scores(seen, sequence, blocks.part(), blocks.room());
        blocks.exponentials(p);
        TileScores ds = p.in(slopes);
        throughProbabilities(p, ds, later || !whole);
        throughScores(ds, later || !whole, block.first() > tile.range().first());
        later = true;
      }
    }
    if (!later) {
      dk.clear(block);
      dv.clear(block);
    }
  }

  /** The gradients of v, and those of scores. */
  private void throughProbabilities(TileScores p, TileScores ds, boolean add) {
    int group = blocks.tiles().group();
    for (int i = 0; i < group; i++) {
      Operand probability = p.operand(i, group);
      Operand upper = blocks.contexts().queries(p, i, group);
      After after = add || i > 0 ? After.ADD : After.NOTHING;
      AttentionTiles.multiply(probability.transposed(), narrow(upper), dv.keys(p), 1, after);
      Operand values = blocks.values().keys(p).transposed();
      AttentionTiles.multiplyTimes(upper, values, probability, ds.operand(i, group));
    }
  }

  /** The gradients of q and k: queries are scaled already. */
  private void throughScores(TileScores ds, boolean add, boolean laterBlock) {
    int group = blocks.tiles().group();
    for (int i = 0; i < group; i++) {
      Operand d = ds.operand(i, group);
      AttentionTiles.multiply(
          d,
          narrow(blocks.keys().keys(ds)),
          dq.queries(ds, i, group),
          blocks.scale(),
          laterBlock ? After.ADD : After.NOTHING);
      AttentionTiles.multiply(
          d.transposed(),
          narrow(blocks.queries().queries(ds, i, group)),
          dk.keys(ds),
          1,
          add || i > 0 ? After.ADD : After.NOTHING);
    }
  }

  /** Without the additional feature. */
  private Operand narrow(Operand rows) {
    return rows.columns(blocks.tiles().size());
  }
}
