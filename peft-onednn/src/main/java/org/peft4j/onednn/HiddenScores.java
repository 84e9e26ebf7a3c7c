package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.RowTasks;

/** Overwrites the scores of hidden keys with a number whose softmax is zero. */
final class HiddenScores {
  /** Finite, so that a row of hidden keys alone has a softmax too. */
  private static final float HIDDEN = -1e30f;

  private HiddenScores() {}

  /**
   * @param scores contains at {@code offset} the tile's scores, [batch, heads, queries, keys],
   *     which change
   */
  static void hide(
      AttentionPattern pattern, Tile tile, INDArray scores, int offset, int batch, int heads) {
    if (pattern.showsAll()) {
      return;
    }
    int keys = tile.keys();
    int count = tile.count();
    int[][][] runs = runs(pattern, tile);
    FloatBuffer values = RowTasks.floats(scores);
    float[] hidden = new float[keys];
    Arrays.fill(hidden, HIDDEN);
    RowTasks.run(
        (long) batch * heads,
        tile.area(),
        (start, stop) -> {
          for (int matrix = start; matrix < stop; matrix++) {
            int[][] ofRow = runs[Math.min(matrix / heads, runs.length - 1)];
            for (int query = 0; query < count; query++) {
              int at = offset + (matrix * count + query) * keys;
              int[] bounds = ofRow[query];
              for (int run = 0; run < bounds.length; run += 2) {
                values.put(at + bounds[run], hidden, 0, bounds[run + 1] - bounds[run]);
              }
            }
          }
        });
  }

  /** The start and end of hidden keys, for each row of the pattern and each query of the tile. */
  private static int[][][] runs(AttentionPattern pattern, Tile tile) {
    int first = tile.range().first();
    int[] bounds = new int[2 * tile.keys() + 2];
    int[] length = new int[1];
    int[][][] runs = new int[pattern.rows()][tile.count()][];
    for (int row = 0; row < runs.length; row++) {
      for (int query = 0; query < tile.count(); query++) {
        length[0] = 0;
        pattern.forEachHidden(
            row,
            tile.first() + query,
            tile.range(),
            (from, end) -> {
              bounds[length[0]++] = from - first;
              bounds[length[0]++] = end - first;
            });
        runs[row][query] = Arrays.copyOf(bounds, length[0]);
      }
    }
    return runs;
  }
}
