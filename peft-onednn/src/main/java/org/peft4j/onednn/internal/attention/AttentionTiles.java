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

  /** The most scores that a share has at once. */
  long scores(Share share) {
    return largest(tiles.stream(), share);
  }

  /** Likewise where it computes blocks. */
  long scoresOfBlocks(Share share) {
    return largest(tiles.stream().flatMap(tile -> blocks(tile).stream()), share);
  }

  private long largest(Stream<Tile> of, Share share) {
    return of.mapToLong(tile -> group * atOnce(tile, share) * tile.area()).max().orElse(0);
  }

  /** How many key heads of a share to compute at once. */
  private long atOnce(Tile tile, Share share) {
    boolean alone = share.heads() < keyHeads || share.sequences() < batch || Lanes.most() == 1;
    long heads =
        alone
            ? QueryTiles.AT_ONCE / tile.area()
            : Math.max(Runtime.getRuntime().availableProcessors(), SCORES / tile.area());
    long most = Math.max(1, Math.min(heads / group, share.heads()));
    long times = (share.heads() + most - 1) / most;
    return (share.heads() + times - 1) / times;
  }

  /**
   * The scores of a share's heads in a tile and sequence, some heads after the other, in the same
   * memory.
   */
  List<TileScores> parts(Tile tile, int sequence, Share share, INDArray memory) {
    return parts(tile, sequence, share, memory, false);
  }

  /** Likewise, where memory has those of all tiles, [B, H, queries, keys] of each. */
  List<TileScores> keptParts(Tile tile, int sequence, Share share, INDArray memory) {
    return parts(tile, sequence, share, memory, true);
  }

  private List<TileScores> parts(
      Tile tile, int sequence, Share share, INDArray memory, boolean kept) {
    List<TileScores> parts = new ArrayList<>();
    long before = batch * heads() * tile.before();
    int step = (int) atOnce(tile, share);
    int end = share.firstHead() + share.heads();
    for (int head = share.firstHead(); head < end; head += step) {
      int count = Math.min(step, end - head) * group;
      long matrices = (long) sequence * heads() + head * group;
      long offset = kept ? before + matrices * tile.area() : 0;
      parts.add(new TileScores(tile, sequence, head * group, count, memory, offset));
    }
    return parts;
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

  /** Room for rows of a share's key heads, or of the queries' heads, with one more feature. */
  ExtendedHeads extended(Share share, int perKeyHead, int rows, ReusedScope scratch) {
    int heads = share.heads() * perKeyHead;
    INDArray memory = scratch.array(DataType.FLOAT, (long) heads * rows * (size + 1));
    return new ExtendedHeads(memory, share.firstHead() * perKeyHead, heads, rows, size + 1);
  }

  /** The most queries in a tile. */
  int longest() {
    return tiles.stream().mapToInt(Tile::count).max().orElse(0);
  }
}
