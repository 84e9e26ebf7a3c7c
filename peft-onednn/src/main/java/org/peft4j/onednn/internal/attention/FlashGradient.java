package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
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
 */
final class FlashGradient {
  private final FlashBlocks blocks;
  private final AttentionTiles tiles;
  private final Inputs in;
  private final Results out;
  private final INDArray slopes;

  FlashGradient(FlashBlocks blocks, Inputs in, Results out, ReusedScope scratch) {
    this.blocks = blocks;
    this.tiles = blocks.tiles;
    this.in = in;
    this.out = out;
    slopes = scratch.array(DataType.FLOAT, tiles.scoresOfBlocks(blocks.share));
  }

  void compute() {
    for (int sequence : blocks.share.eachSequence()) {
      blocks.read(in.k(), in.v(), sequence);
      for (int t = tiles.tiles().size() - 1; t >= 0; t--) {
        compute(sequence, tiles.tiles().get(t), tiles.adds(t));
      }
    }
  }

  private void compute(int sequence, Tile tile, boolean add) {
    FloatBuffer statistics = RowTasks.floats(in.memory());
    blocks.read(
        in.q(),
        sequence,
        tile,
        (row, head, of, other) ->
            -statistics.get(tiles.statistic(sequence, head, tile.first() + row)));
    int first = sequence * tiles.pattern().queries() + tile.first();
    blocks.contexts.fillGradients(in, first, tile.count());
    for (Tile block : tiles.blocks(tile)) {
      for (TileScores p : blocks.parts(block, sequence)) {
        blocks.exponentials(p);
        TileScores ds = p.in(slopes);
        throughProbabilities(p, ds, add);
        throughScores(ds, add, block.range().first() > tile.range().first());
      }
    }
  }

  /** The gradients of v, and those of scores. */
  private void throughProbabilities(TileScores p, TileScores ds, boolean add) {
    int group = tiles.group();
    for (int i = 0; i < group; i++) {
      Operand probability = p.operand(i, group);
      Operand upper = blocks.contexts.queries(p, i, group);
      After after = add || i > 0 ? After.ADD : After.NOTHING;
      AttentionTiles.multiply(
          probability.transposed(), narrow(upper), tiles.keys(out.dv(), p), 1, after);
      Operand values = blocks.values.keys(p, group).transposed();
      AttentionTiles.multiplyTimes(upper, values, probability, ds.operand(i, group));
    }
  }

  /** The gradients of q and k: queries are scaled already. */
  private void throughScores(TileScores ds, boolean add, boolean laterBlock) {
    int group = tiles.group();
    for (int i = 0; i < group; i++) {
      Operand d = ds.operand(i, group);
      AttentionTiles.multiply(
          d,
          narrow(blocks.keys.keys(ds, group)),
          tiles.rows(out.dq(), ds, i),
          blocks.scale,
          laterBlock ? After.ADD : After.NOTHING);
      AttentionTiles.multiply(
          d.transposed(),
          narrow(blocks.queries.queries(ds, i, group)),
          tiles.keys(out.dk(), ds),
          1,
          add || i > 0 ? After.ADD : After.NOTHING);
    }
  }

  /** Without the additional feature. */
  private Operand narrow(Operand rows) {
    return rows.columns(tiles.size());
  }
}
