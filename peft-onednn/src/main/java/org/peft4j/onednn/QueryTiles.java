package org.peft4j.onednn;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.KeyRange;

/**
 * The queries of an attention in tiles, each with the keys that its queries see: from the first of
 * a window to the last before the diagonal. Other keys need no computation.
 */
final class QueryTiles {
  /** About as many queries in a tile: fewer skip more keys, more multiply faster. */
  private static final int QUERIES = 64;

  /**
   * Widens the range of a single query to multiples of this many keys, so that decoding does not
   * compile new products for each token.
   */
  private static final int STEP = 64;

  /**
   * A tile of queries.
   *
   * @param first the first query
   * @param count the number of queries
   * @param range the keys that they see
   * @param before queries × keys, summed over all earlier tiles
   */
  record Tile(int first, int count, KeyRange range, long before) {
    int keys() {
      return range.count();
    }

    long area() {
      return (long) count * keys();
    }
  }

  private QueryTiles() {}

  static List<Tile> of(AttentionPattern pattern) {
    int queries = pattern.queries();
    int number = Math.max(1, Math.round((float) queries / QUERIES));
    List<Tile> tiles = new ArrayList<>(number);
    long before = 0;
    for (int i = 0; i < number; i++) {
      int first = (int) ((long) queries * i / number);
      int count = (int) ((long) queries * (i + 1) / number) - first;
      KeyRange seen = pattern.range(first, count);
      KeyRange range = queries == 1 ? steps(seen, pattern.keys()) : seen;
      tiles.add(new Tile(first, count, range, before));
      before += (long) count * range.count();
    }
    return tiles;
  }

  private static KeyRange steps(KeyRange range, int keys) {
    int end = (range.end() + STEP - 1) / STEP * STEP;
    return new KeyRange(range.first() / STEP * STEP, Math.min(end, keys));
  }
}
