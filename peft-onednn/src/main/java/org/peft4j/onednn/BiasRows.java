package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.RowTasks;

/**
 * The bias of attention scores, [1 or B, 1 or H, T, S], row by row: adds a tile's part of it to the
 * tile's scores, and sums their gradients to the bias' gradient.
 */
final class BiasRows {
  private final INDArray bias;
  private final Tile tile;
  private final int batch;
  private final int heads;

  BiasRows(INDArray bias, Tile tile, int batch, int heads) {
    this.bias = bias;
    this.tile = tile;
    this.batch = batch;
    this.heads = heads;
  }

  /**
   * @param scores contains at {@code offset} the tile's scores, [batch, heads, queries, keys],
   *     which change
   */
  void addTo(INDArray scores, int offset) {
    int keys = tile.keys();
    FloatBuffer from = RowTasks.floats(bias);
    FloatBuffer to = RowTasks.floats(scores);
    RowTasks.run(
        (long) batch * heads * tile.count(),
        keys,
        (first, end) -> {
          float[] added = new float[keys];
          float[] row = new float[keys];
          for (int i = first; i < end; i++) {
            from.get(row(i), added);
            to.get(offset + i * keys, row);
            add(added, row);
            to.put(offset + i * keys, row);
          }
        });
  }

  /**
   * Adds to this bias, which is a gradient here.
   *
   * @param gradients of the tile's scores, [batch, heads, queries, keys]
   */
  void addFrom(INDArray gradients) {
    int keys = tile.keys();
    int rows = tile.count();
    FloatBuffer from = RowTasks.floats(gradients);
    FloatBuffer to = RowTasks.floats(bias);
    RowTasks.run(
        rows,
        (long) batch * heads * keys,
        (first, end) -> {
          float[] row = new float[keys];
          float[] sum = new float[keys];
          for (int matrix = 0; matrix < batch * heads; matrix++) {
            for (int query = first; query < end; query++) {
              int i = matrix * rows + query;
              from.get(i * keys, row);
              to.get(row(i), sum);
              add(row, sum);
              to.put(row(i), sum);
            }
          }
        });
  }

  /** The start of the bias for the i-th row of the scores. */
  private int row(int i) {
    int query = tile.first() + i % tile.count();
    int head = i / tile.count() % heads;
    int sequence = i / tile.count() / heads;
    long matrix =
        Math.min(sequence, bias.size(0) - 1) * bias.size(1) + Math.min(head, bias.size(1) - 1);
    return (int) ((matrix * bias.size(2) + query) * bias.size(3)) + tile.range().first();
  }

  private static void add(float[] x, float[] sum) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] += x[j];
    }
  }
}
