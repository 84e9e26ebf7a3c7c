package org.peft4j.onednn.internal.attention;

import java.util.Arrays;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.RowTasks;

/** Overwrites the numbers of hidden keys. */
final class HiddenScores {
  /**
   * A score whose softmax is zero. Finite, so that a row of hidden keys alone has a softmax too.
   */
  static final float SCORE = -1e30f;

  private HiddenScores() {}

  /** Sets the numbers of keys that the pattern hides from a tile's queries. */
  static void set(AttentionPattern pattern, TileScores scores, float value) {
    if (pattern.showsAll()) {
      return;
    }
    Tile tile = scores.tile();
    int keys = tile.keys();
    int[][] hidden = runs(pattern, tile, Math.min(scores.sequence(), pattern.rows() - 1));
    Numbers numbers = Numbers.of(scores.memory());
    int offset = Math.toIntExact(scores.offset());
    float[] filled = new float[keys];
    Arrays.fill(filled, value);
    RowTasks.run(
        scores.heads(),
        tile.area(),
        (start, stop) -> {
          for (int head = start; head < stop; head++) {
            for (int query = 0; query < tile.count(); query++) {
              int at = offset + (head * tile.count() + query) * keys;
              int[] bounds = hidden[query];
              for (int run = 0; run < bounds.length; run += 2) {
                numbers.put(at + bounds[run], filled, bounds[run + 1] - bounds[run]);
              }
            }
          }
        });
  }

  /** The start and end of hidden keys, for each query of the tile. */
  private static int[][] runs(AttentionPattern pattern, Tile tile, int row) {
    int first = tile.range().first();
    int[] bounds = new int[2 * tile.keys() + 2];
    int[] length = new int[1];
    int[][] runs = new int[tile.count()][];
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
      runs[query] = Arrays.copyOf(bounds, length[0]);
    }
    return runs;
  }
}
