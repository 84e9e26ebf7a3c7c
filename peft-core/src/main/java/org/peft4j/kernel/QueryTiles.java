package org.peft4j.kernel;

import java.util.ArrayList;
import java.util.List;

/**
 * The queries of an attention in tiles, each with the keys that its queries see: from the first of
 * a window or a document to the last before the diagonal. Other keys need no computation.
 *
 * <p>Tiles have few different shapes, whatever the length of a batch: each shape is an operation to
 * compile, which takes milliseconds, and up to a megabyte.
 */
public final class QueryTiles {
  /** Queries in a tile but the last: fewer skip more keys, more multiply faster. */
  private static final int QUERIES = 64;

  /** Likewise where there are so many queries that few of the keys are skipped. */
  private static final int QUERIES_OF_MANY = 128;

  /** How many are many. */
  private static final int MANY = 1024;

  /** Widens the keys of a tile to multiples of so many. */
  private static final int KEYS = 32;

  /** Likewise of a single query, so that decoding does not compile products for each token. */
  private static final int STEP = 64;

  /** Keys in a block, up to half as many more in the last one. */
  public static final int BLOCK = 512;

  /** Scores that a core computes at once, 256 KB of them, unless a single head has more. */
  public static final int AT_ONCE = 1 << 16;

  /**
   * A tile of queries.
   *
   * @param first the first query
   * @param count the number of queries
   * @param range the keys that they see
   * @param before queries × keys, summed over all earlier tiles
   */
  public record Tile(int first, int count, KeyRange range, long before) {
    /** The number of keys that they see. */
    public int keys() {
      return range.count();
    }

    /** Queries × keys. */
    public long area() {
      return (long) count * keys();
    }
  }

  private QueryTiles() {}

  /** The tiles of a pattern, in the order of their queries. */
  public static List<Tile> of(AttentionPattern pattern) {
    int queries = pattern.queries();
    int step = queries == 1 ? STEP : KEYS;
    int size = queries < MANY ? QUERIES : QUERIES_OF_MANY;
    List<Tile> tiles = new ArrayList<>(queries / size + 1);
    long before = 0;
    for (int first = 0; first < queries; ) {
      int left = queries - first;
      int count = left < size + size / 2 ? left : size;
      KeyRange range = widened(pattern.range(first, count), step, pattern.keys());
      tiles.add(new Tile(first, count, range, before));
      before += (long) count * range.count();
      first += count;
    }
    return tiles;
  }

  /** Queries × keys of all tiles. */
  public static long area(AttentionPattern pattern) {
    return of(pattern).stream().mapToLong(Tile::area).sum();
  }

  /**
   * The most scores that the cores of this machine, or those that OpenMP may use, compute at once,
   * each of a share of the heads: of one head in whole tiles, or in blocks of {@value #BLOCK} keys,
   * and of more while they are {@value #AT_ONCE} at most.
   *
   * @param blocks whether tiles are split into blocks of keys
   */
  public static long scoresAtOnce(AttentionPattern pattern, long heads, boolean blocks) {
    long cores = Math.min(heads, cores());
    long share = (heads + cores - 1) / cores;
    long most = 0;
    for (Tile tile : of(pattern)) {
      int keys = blocks ? Math.min(tile.keys(), BLOCK + BLOCK / 2) : tile.keys();
      long area = (long) tile.count() * keys;
      most = Math.max(most, Math.min(share, Math.max(1, AT_ONCE / area)) * area);
    }
    return cores * most;
  }

  /** The cores of this machine, or as many as OpenMP's environment variable lets it use. */
  private static int cores() {
    int processors = Runtime.getRuntime().availableProcessors();
    String threads = System.getenv("OMP_NUM_THREADS");
    return threads != null && threads.matches("[1-9]\\d{0,5}")
        ? Math.min(processors, Integer.parseInt(threads))
        : processors;
  }

  private static KeyRange widened(KeyRange range, int step, int keys) {
    int end = (range.end() + step - 1) / step * step;
    return new KeyRange(range.first() / step * step, Math.min(end, keys));
  }
}
