package org.peft4j.onednn.internal.winograd;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/** Transforms products to pixels, {@code Aᵀ·p·A}, for one thread. */
final class ResultTiles {
  private final Grid grid;
  private final int channels;
  private final FloatBuffer products;
  private final FloatBuffer target;
  private final @Nullable FloatBuffer bias;
  private final boolean accumulate;
  private final int side;
  private final int results;
  private final int room;
  private final float[] row;
  private final float[] columns;
  private final float[] pixels;
  private final float[] before;

  /**
   * @param channels of the target
   * @param most the most channels in a block
   * @param products of a block, [side², tiles, block]
   * @param target [batch·height·width, channels]
   * @param accumulate whether to add to the target
   */
  ResultTiles(
      Grid grid,
      int channels,
      int most,
      FloatBuffer products,
      FloatBuffer target,
      @Nullable FloatBuffer bias,
      boolean accumulate) {
    this.grid = grid;
    this.channels = channels;
    this.products = products;
    this.target = target;
    this.bias = bias;
    this.accumulate = accumulate;
    this.side = grid.tile().side();
    this.results = grid.tile().results();
    this.room = Vectors.room(grid.columns() * most);
    this.row = new float[side * side * room];
    this.columns = new float[results * side * room];
    this.pixels = new float[results * results * room];
    this.before = new float[most];
  }

  /**
   * Writes the pixels of a row of tiles.
   *
   * @param number the number of the row in the grid
   * @param first the number of its first tile in the products
   * @param channel the first channel of the block
   * @param block its channels
   */
  void write(int number, int first, int tiles, int channel, int block) {
    int count = grid.columns() * block;
    for (int k = 0; k < side * side; k++) {
      products.get((k * tiles + first) * block, row, k * room, count);
    }
    Tile tile = grid.tile();
    tile.results(row, 0, side * room, columns, 0, side * room, (side - 1) * room + count);
    for (int i = 0; i < results; i++) {
      tile.results(columns, i * side * room, room, pixels, i * results * room, room, count);
    }
    float[] added = new float[block];
    if (bias != null) {
      bias.get(channel, added);
    }
    int picture = number / grid.rowsOfPicture();
    int y = number % grid.rowsOfPicture() * results;
    for (int i = 0; i < results && y + i < grid.resultHeight(); i++) {
      int line = (picture * grid.resultHeight() + y + i) * grid.resultWidth();
      for (int x = 0; x < grid.resultWidth(); x++) {
        int from = (i * results + x % results) * room + x / results * block;
        put((line + x) * channels + channel, from, added, block);
      }
    }
  }

  private void put(int to, int from, float[] added, int block) {
    if (bias != null) {
      for (int c = 0; c < block; c++) {
        pixels[from + c] += added[c];
      }
    }
    if (accumulate) {
      target.get(to, before, 0, block);
      for (int c = 0; c < block; c++) {
        pixels[from + c] += before[c];
      }
    }
    target.put(to, pixels, from, block);
  }
}
