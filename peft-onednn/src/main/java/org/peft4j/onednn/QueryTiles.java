package org.peft4j.onednn;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.KeyRange;

/**
 * The queries of an attention in tiles, each with the keys that its queries see: from the first of
 * a window to the last before the diagonal. Beyond these there is nothing to compute.
 */
final class QueryTiles {
  /** Queries of a tile. */
  private static final int QUERIES = 128;

  /**
   * Fewer queries than this take their keys in whole steps of this many, so that decoding does not
   * compile new products for each token.
   */
  private static final int STEP = 64;

  /**
   * Some queries.
   *
   * @param first the first of them
   * @param count their number
   * @param range the keys that they see
   * @param before queries times keys of all tiles before
   */
  record Tile(int first, int count, KeyRange range, long before) {
    long keys() {
      return range.count();
    }

    long area() {
      return count * keys();
    }
  }

  private QueryTiles() {}

  static List<Tile> of(AttentionPattern pattern) {
    List<Tile> tiles = new ArrayList<>();
    long before = 0;
    int first = 0;
    while (first < pattern.queries()) {
      int count = count(pattern, first);
      KeyRange range = pattern.range(first, count);
      Tile tile =
          new Tile(first, count, count < STEP ? steps(range, pattern.keys()) : range, before);
      tiles.add(tile);
      before += tile.area();
      first += count;
    }
    return tiles;
  }

  /** Queries that see nothing, which need all keys, have tiles of their own. */
  private static int count(AttentionPattern pattern, int first) {
    int end = first + 1;
    while (end < Math.min(first + QUERIES, pattern.queries())
        && pattern.seesNothing(end) == pattern.seesNothing(first)) {
      end++;
    }
    return end - first;
  }

  private static KeyRange steps(KeyRange range, int keys) {
    int end = (range.end() + STEP - 1) / STEP * STEP;
    return new KeyRange(range.first() / STEP * STEP, Math.min(end, keys));
  }
}
