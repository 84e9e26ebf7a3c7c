package org.peft4j.onednn.internal.attention;

import static org.peft4j.kernel.QueryTiles.BLOCK;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.KeyRange;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Lanes;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct;
import org.peft4j.onednn.internal.operation.BatchProduct.After;
import org.peft4j.onednn.internal.operation.BatchProduct.Axis;
import org.peft4j.onednn.internal.operation.BatchProduct.Heads;

/**
 * The tiles of queries that an attention computes one after the other, each of as many heads at
 * once as the cache holds. If several query heads share a key head, the first heads of all groups
 * form one batch of products, the second heads the next.
 *
 * @param group the number of query heads that share a key head
 * @param size D
 */
record AttentionTiles(
    int batch, int keyHeads, int group, int size, AttentionPattern pattern, List<Tile> tiles) {
  /** The most scores at once, 4 MB, unless there are more cores than heads in them. */
  private static final long SCORES = 1 << 20;

  /**
   * Keys of which a gradient is summed in the cache, beside scores and their gradients, up to half
   * as many more in the last block.
   */
  private static final int KEYS = BLOCK / 2;

  /** Fewer multiplications than this are not worth a second lane. */
  private static final long SMALL = 1 << 20;

  /**
   * @param q [B, T, H, D]
   * @param k [B, S, K, D]
   */
  static AttentionTiles of(INDArray q, INDArray k, AttentionPattern pattern) {
    int keyHeads = (int) k.size(2);
    int group = (int) q.size(2) / keyHeads;
    int size = (int) q.size(3);
    List<Tile> tiles = QueryTiles.of(pattern);
    return new AttentionTiles((int) q.size(0), keyHeads, group, size, pattern, tiles);
  }

  /** H. */
  int heads() {
    return keyHeads * group;
  }

  /**
   * What each lane computes.
   *
   * @param biasGradient to which lanes add; null for none
   */
  List<Share> shares(@Nullable INDArray biasGradient) {
    long work = tiles.stream().mapToLong(Tile::area).sum() * batch * heads() * size;
    return Share.split(keyHeads, batch, work < SMALL ? 1 : Lanes.most(), biasGradient);
  }

  /** The index of a query's statistic in [B, H, T]. */
  int statistic(int sequence, int head, int query) {
    return (sequence * heads() + head) * pattern.queries() + query;
  }

  /**
   * Whether the gradients of keys and values add to those of a tile, if the last tile is computed
   * first. It usually sees all keys, and then its products overwrite.
   */
  boolean adds(int tile) {
    return tile < tiles.size() - 1 || !lastSeesAll();
  }

  /** Whether the last tile sees all keys. */
  boolean lastSeesAll() {
    return tiles.get(tiles.size() - 1).keys() == pattern.keys();
  }

  /** The blocks of a tile's keys. */
  List<Tile> blocks(Tile tile) {
    List<Tile> blocks = new ArrayList<>();
    int end = tile.range().end();
    for (int first = tile.range().first(); first < end; ) {
      int count = end - first < BLOCK + BLOCK / 2 ? end - first : BLOCK;
      KeyRange range = new KeyRange(first, first + count);
      blocks.add(new Tile(tile.first(), tile.count(), range, tile.before()));
      first += count;
    }
    return blocks;
  }

  /** All keys in blocks, each of which has the tiles that see it. */
  List<KeyRange> keyBlocks() {
    List<KeyRange> blocks = new ArrayList<>();
    for (int first = 0; first < pattern.keys(); ) {
      int left = pattern.keys() - first;
      int end = left < KEYS + KEYS / 2 ? pattern.keys() : first + KEYS;
      blocks.add(new KeyRange(first, end));
      first = end;
    }
    return blocks;
  }

  /** What a tile sees of a block of keys; null for nothing. */
  static @Nullable Tile within(Tile tile, KeyRange block) {
    int first = Math.max(tile.range().first(), block.first());
    int end = Math.min(tile.range().end(), block.end());
    return first < end
        ? new Tile(tile.first(), tile.count(), new KeyRange(first, end), tile.before())
        : null;
  }

  /** The parts of a share that are computed one after the other, each with all of its tiles. */
  List<Share> parts(Share share, boolean blocks) {
    return share.parts(atOnce(largest(blocks), share));
  }

  /** The most scores that so many key heads have at once. */
  long scores(int heads, boolean blocks) {
    return group * heads * largest(blocks);
  }

  /** The scores of a head in the largest tile, or in its largest block. */
  private long largest(boolean blocks) {
    Stream<Tile> each =
        blocks ? tiles.stream().flatMap(tile -> blocks(tile).stream()) : tiles.stream();
    return each.mapToLong(Tile::area).max().orElse(0);
  }

  /** How many key heads of a share to compute at once. */
  private long atOnce(long area, Share share) {
    boolean alone = share.heads() < keyHeads || share.sequences() < batch || Lanes.most() == 1;
    long heads =
        alone
            ? QueryTiles.AT_ONCE / area
            : Math.max(Runtime.getRuntime().availableProcessors(), SCORES / area);
    return Math.max(1, Math.min(heads / group, share.heads()));
  }

  /** The scores of a part's heads in a tile and sequence. */
  TileScores scores(Tile tile, int sequence, Share part, INDArray memory) {
    int heads = part.heads() * group;
    return new TileScores(tile, sequence, part.firstHead() * group, heads, memory, 0);
  }

  /** Likewise, where memory has those of all tiles, [B, H, queries, keys] of each. */
  TileScores keptScores(Tile tile, int sequence, Share part, INDArray memory) {
    long before = (long) batch * heads() * tile.before();
    int first = part.firstHead() * group;
    long matrices = (long) sequence * heads() + first;
    long offset = before + matrices * tile.area();
    return new TileScores(tile, sequence, first, part.heads() * group, memory, offset);
  }

  /** The keys of a tile in [B, S, K, D], as matrices [keys, D]. */
  Operand keys(INDArray x, TileScores p) {
    return rows(x, p, p.firstHead() / group, 1, p.tile().range().first(), p.tile().keys());
  }

  /** The queries of a tile in [B, T, H, D], for the i-th head of each group, as [queries, D]. */
  Operand rows(INDArray x, TileScores p, int i) {
    return rows(x, p, p.firstHead() + i, group, p.tile().first(), p.tile().count());
  }

  private Operand rows(INDArray x, TileScores p, int head, int step, int first, int count) {
    Heads layout =
        new Heads(
            new Axis(p.heads() / group, step * x.stride(2)),
            new Axis(count, x.stride(1)),
            new Axis(x.size(3), 1));
    long row = p.sequence() * x.size(1) + first;
    return new Operand(
        Address.of(x) + (head * x.stride(2) + row * x.stride(1)) * Float.BYTES, layout);
  }

  /** {@code out = f(alpha·a·b)}. */
  static void multiply(Operand a, Operand b, Operand out, double alpha, After after) {
    BatchProduct product =
        new BatchProduct(a.layout(), b.layout(), out.layout(), (float) alpha, after);
    BatchProduct.run(product, a.address(), b.address(), out.address());
  }

  /** {@code out = f·(a·b)}, number by number. */
  static void multiplyTimes(Operand a, Operand b, Operand f, Operand out) {
    BatchProduct product = new BatchProduct(a.layout(), b.layout(), out.layout(), 1, After.TIMES);
    BatchProduct.run(product, a.address(), b.address(), out.address(), f.address());
  }

  /** Room for rows of so many heads, with so many features more than they have. */
  ExtendedHeads room(DataType type, int heads, int rows, int features, ReusedScope scratch) {
    INDArray memory = scratch.array(type, (long) heads * rows * (size + features));
    return new ExtendedHeads(memory, 0, heads, rows, size, features);
  }
}
