package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.HeadRows;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.Sums;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct.After;

/**
 * Attention forward in {@link FlashBlocks}.
 *
 * <p>Where FlashAttention keeps a running maximum, this subtracts a bound of it, {@code b =
 * scale·|q|·max|k|}, before any score is known. Values have a feature 1, whose product is the sum
 * of exponentials. So a block of keys takes two products, and nothing else. Exponentials are {@code
 * exp(−2b)} at least; a tile with too large a bound takes the usual softmax.
 */
record FlashForward(FlashBlocks blocks, Probabilities probabilities) {
  /** With twice as much, an exponential is still a normal number: {@code exp(−80) > 2⁻¹²⁶}. */
  private static final float LARGEST_BOUND = 40;

  /**
   * @param statistics [B, H, T], receives lse
   */
  void compute(
      int sequence, INDArray q, INDArray k, INDArray v, INDArray statistics, INDArray context) {
    AttentionTiles tiles = blocks.tiles();
    blocks.read(k, v, sequence);
    float[] norms = blocks.keys().largestNorms();
    blocks.read(q, sequence, (row, head, of, other) -> -bound(of, norms, head));
    for (Tile tile : tiles.tiles()) {
      if (-blocks.queries().leastFeature(tile) > LARGEST_BOUND) {
        usual(q, k, v, sequence, tile, statistics, context);
      } else {
        for (Tile block : tiles.blocks(tile)) {
          TileScores p = tiles.scores(block, sequence, blocks.part(), blocks.room());
          blocks.exponentials(p);
          sum(p, block.range().first() > tile.range().first());
        }
        divide(sequence, tile, statistics, context);
      }
    }
  }

  private float bound(float[] query, float[] norms, int head) {
    double norm = Math.sqrt(Sums.ofProducts(query, query, 0, query.length));
    int key = head / blocks.tiles().group() - blocks.part().firstHead();
    return (float) (Math.abs(blocks.scale()) * norm * norms[key]);
  }

  private void usual(
      INDArray q,
      INDArray k,
      INDArray v,
      int sequence,
      Tile tile,
      INDArray statistics,
      INDArray context) {
    AttentionTiles tiles = blocks.tiles();
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray room = scratch.array(DataType.FLOAT, tiles.scores(blocks.part().heads(), false));
      TileScores p = tiles.scores(tile, sequence, blocks.part(), room);
      probabilities.compute(q, k, p, statistics);
      probabilities.read(p, v, context);
    }
  }

  /** Sums values, weighted by exponentials, and the exponentials. */
  private void sum(TileScores p, boolean add) {
    int group = blocks.tiles().group();
    for (int i = 0; i < group; i++) {
      Operand to = blocks.contexts().queries(p, i, group);
      After after = add ? After.ADD : After.NOTHING;
      AttentionTiles.multiply(p.operand(i, group), blocks.values().keys(p), to, 1, after);
    }
  }

  /** Divides by the sums of exponentials, which are 0 for blind queries: those come later. */
  private void divide(int sequence, Tile tile, INDArray statistics, INDArray context) {
    AttentionTiles tiles = blocks.tiles();
    FloatBuffer all = RowTasks.floats(statistics);
    HeadRows to = HeadRows.of(context);
    int size = tiles.size();
    int first = sequence * tiles.pattern().queries();
    blocks
        .contexts()
        .forEach(
            tile.first(),
            tile.count(),
            (row, head, values) -> {
              float sum = values[size];
              float factor = sum > 0 ? 1 / sum : 0;
              for (int j = 0; j < size; j++) {
                values[j] *= factor;
              }
              to.put(first + row, head * size, values, size);
              double lse = sum > 0 ? Math.log(sum) - blocks.queries().feature(row, head) : 0;
              all.put(tiles.statistic(sequence, head, row), (float) lse);
            });
  }
}
