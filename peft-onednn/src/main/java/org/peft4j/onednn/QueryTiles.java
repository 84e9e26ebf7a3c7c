package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.ScratchScope;

/**
 * The queries of an attention in tiles, each with the keys up to the last one that its mask shows.
 * Above the diagonal of a causal mask there is then nothing to compute.
 */
final class QueryTiles {
  /** Queries of a tile. */
  static final int QUERIES = 128;

  /** Below this a score is hidden whatever it is. */
  private static final float HIDDEN = -1e29f;

  /**
   * Some queries.
   *
   * @param first the first of them
   * @param count their number
   * @param keys how many keys they see at most
   * @param before queries times keys of all tiles before
   */
  record Tile(long first, long count, long keys, long before) {
    long area() {
      return count * keys;
    }
  }

  private final INDArray mask;
  private final List<Tile> tiles = new ArrayList<>();

  /**
   * @param mask [1 or B, T, S], dense
   */
  QueryTiles(INDArray mask) {
    this.mask = mask;
    long queries = mask.size(1);
    long before = 0;
    for (long first = 0; first < queries; first += QUERIES) {
      long count = Math.min(QUERIES, queries - first);
      long keys = queries <= QUERIES ? mask.size(2) : visible(first, count);
      tiles.add(new Tile(first, count, keys, before));
      before += count * keys;
    }
  }

  List<Tile> all() {
    return tiles;
  }

  private long visible(long first, long count) {
    int keys = (int) mask.size(2);
    FloatBuffer values = RowTasks.floats(mask);
    float[] row = new float[keys];
    int most = 1;
    for (long sequence = 0; sequence < mask.size(0); sequence++) {
      for (long query = first; query < first + count && most < keys; query++) {
        values.get((int) (sequence * mask.size(1) + query) * keys, row);
        int last = keys;
        while (last > most && row[last - 1] < HIDDEN) {
          last--;
        }
        most = last;
      }
    }
    return most;
  }

  /** Adds the mask to the scores [B, H, count, keys] of a tile. */
  void addMask(Tile tile, long scores, long batch, long heads) {
    long[] shape = {batch, heads, tile.count(), tile.keys()};
    long[] repeated = {mask.size(0), 1, tile.count(), tile.keys()};
    if (tile.area() == mask.size(1) * mask.size(2)) {
      Pointwise.add(scores, shape, Address.of(mask), repeated);
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray part = scratch.array(DataType.FLOAT, repeated);
      FloatBuffer from = RowTasks.floats(mask);
      FloatBuffer to = RowTasks.floats(part);
      float[] row = new float[(int) tile.keys()];
      for (long i = 0; i < mask.size(0) * tile.count(); i++) {
        long query = i / tile.count() * mask.size(1) + tile.first() + i % tile.count();
        from.get((int) (query * mask.size(2)), row);
        to.put((int) (i * tile.keys()), row);
      }
      Pointwise.add(scores, shape, Address.of(part), repeated);
    }
  }
}
