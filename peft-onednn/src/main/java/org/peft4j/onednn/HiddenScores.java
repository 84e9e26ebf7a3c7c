package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.onednn.QueryTiles.Tile;

/** Overwrites the scores of hidden keys by a number that no softmax sees. */
final class HiddenScores {
  /** Finite, so that the softmax of a row of these alone is that of equal scores. */
  private static final float HIDDEN = -1e30f;

  private HiddenScores() {}

  /**
   * @param scores receives at {@code offset} those of the tile, [batch, heads, queries, keys]
   */
  static void hide(
      AttentionPattern pattern, Tile tile, INDArray scores, long offset, int batch, int heads) {
    if (pattern.showsAll()) {
      return;
    }
    int keys = (int) tile.keys();
    int count = tile.count();
    FloatBuffer values = RowTasks.floats(scores);
    float[] hidden = new float[keys];
    Arrays.fill(hidden, HIDDEN);
    RowTasks.run(
        (long) batch * count,
        (long) heads * keys,
        (start, stop) -> {
          for (int i = start; i < stop; i++) {
            int sequence = i / count;
            int query = i % count;
            int head = (int) offset + (sequence * heads * count + query) * keys;
            pattern.forEachHidden(
                Math.min(sequence, pattern.rows() - 1),
                tile.first() + query,
                tile.range(),
                (from, end) -> {
                  for (int h = 0; h < heads; h++) {
                    int at = head + h * count * keys + from - tile.range().first();
                    values.put(at, hidden, 0, end - from);
                  }
                });
          }
        });
  }
}
