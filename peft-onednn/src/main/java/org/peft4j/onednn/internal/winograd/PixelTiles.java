package org.peft4j.onednn.internal.winograd;

import java.nio.FloatBuffer;
import java.util.Arrays;

/** Transforms tiles of pixels, {@code Bᵀ·d·B}, for one thread. */
final class PixelTiles {
  /** Numbers that a core has at hand. */
  private static final int NEAR = 1 << 15;

  private final Grid grid;
  private final int channels;
  private final FloatBuffer pixels;
  private final FloatBuffer target;
  private final int side;
  private final int step;

  /** Tiles of a row that are transformed together. */
  private final int together;

  private final float[] strip;
  private final float[] columns;
  private final float[] tile;

  /**
   * @param pixels [batch·height·width, channels]
   * @param target [side², tiles, channels]
   */
  PixelTiles(Grid grid, int channels, FloatBuffer pixels, FloatBuffer target) {
    this.grid = grid;
    this.channels = channels;
    this.pixels = pixels;
    this.target = target;
    this.side = grid.tile().side();
    this.step = grid.tile().results();
    int most = Math.max(1, NEAR / (side * step * channels));
    this.together = Math.min(grid.columns(), most);
    this.strip = new float[side * wide() + Vectors.LANES];
    this.columns = new float[side * Vectors.room(wide()) + Vectors.LANES];
    this.tile = new float[side * side * Vectors.room(channels)];
  }

  /** Numbers in the pixels that tiles of a row read, of one row of pixels. */
  private int wide() {
    return (together * step + 2) * channels;
  }

  /**
   * Transforms a row of tiles.
   *
   * @param row its number in the grid
   * @param first the number of its first tile in the target, which has {@code tiles} tiles
   */
  void fill(int row, int first, int tiles) {
    for (int column = 0; column < grid.columns(); column += together) {
      load(row, column);
      int count = wide();
      grid.tile().pixels(strip, 0, count, columns, 0, Vectors.room(count), count);
      int end = Math.min(together, grid.columns() - column);
      for (int t = 0; t < end; t++) {
        transformRows(t);
        store(first + column + t, tiles);
      }
    }
  }

  private void transformRows(int t) {
    int room = Vectors.room(channels);
    for (int k = 0; k < side; k++) {
      int at = k * Vectors.room(wide()) + t * step * channels;
      grid.tile().pixels(columns, at, channels, tile, k * side * room, room, channels);
    }
  }

  private void store(int number, int tiles) {
    int room = Vectors.room(channels);
    for (int k = 0; k < side * side; k++) {
      target.put((k * tiles + number) * channels, tile, k * room, channels);
    }
  }

  /** Copies the pixels of tiles, with zeros outside of the picture. */
  private void load(int row, int column) {
    int picture = row / grid.rowsOfPicture();
    int y = row % grid.rowsOfPicture() * step - grid.top();
    int x = column * step - grid.left();
    int from = Math.max(0, x);
    int to = Math.min(grid.width(), x + together * step + 2);
    for (int i = 0; i < side; i++) {
      int begin = i * wide();
      boolean inside = y + i >= 0 && y + i < grid.height() && from < to;
      int first = inside ? begin + (from - x) * channels : begin + wide();
      int last = inside ? begin + (to - x) * channels : begin + wide();
      Arrays.fill(strip, begin, first, 0);
      if (inside) {
        int source = ((picture * grid.height() + y + i) * grid.width() + from) * channels;
        pixels.get(source, strip, first, last - first);
      }
      Arrays.fill(strip, last, begin + wide(), 0);
    }
  }
}
