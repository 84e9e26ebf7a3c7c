package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.RowTasks;

/**
 * The bias of attention scores, [1 or B, 1 or H, T, S], row by row: adds a tile's part of it to the
 * tile's scores, and sums their gradients to the bias' gradient.
 */
record BiasRows(INDArray bias) {
  /** Adds a tile's part of the bias to its scores. */
  void addTo(TileScores scores) {
    int keys = scores.tile().keys();
    FloatBuffer from = RowTasks.floats(bias);
    FloatBuffer to = scores.values();
    RowTasks.run(
        scores.rows(),
        keys,
        (first, end) -> {
          float[] added = new float[keys];
          float[] row = new float[keys];
          for (int i = first; i < end; i++) {
            from.get(row(scores, i), added);
            to.get(i * keys, row);
            add(added, row);
            to.put(i * keys, row);
          }
        });
  }

  /** Adds the gradients of a tile's scores to this bias, which is a gradient here. */
  void addFrom(TileScores gradients) {
    int keys = gradients.tile().keys();
    int rows = gradients.tile().count();
    FloatBuffer from = gradients.values();
    FloatBuffer to = RowTasks.floats(bias);
    RowTasks.run(
        rows,
        (long) gradients.heads() * keys,
        (first, end) -> {
          float[] row = new float[keys];
          float[] sum = new float[keys];
          for (int head = 0; head < gradients.heads(); head++) {
            for (int query = first; query < end; query++) {
              int i = head * rows + query;
              from.get(i * keys, row);
              to.get(row(gradients, i), sum);
              add(row, sum);
              to.put(row(gradients, i), sum);
            }
          }
        });
  }

  /** The start of the bias for the i-th row of the scores. */
  private int row(TileScores scores, int i) {
    Tile tile = scores.tile();
    int query = tile.first() + i % tile.count();
    long head = Math.min(scores.firstHead() + i / tile.count(), bias.size(1) - 1);
    long matrix = Math.min(scores.sequence(), bias.size(0) - 1) * bias.size(1) + head;
    return (int) ((matrix * bias.size(2) + query) * bias.size(3)) + tile.range().first();
  }

  private static void add(float[] x, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] += x[j];
    }
  }
}
