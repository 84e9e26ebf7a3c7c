package org.peft4j.onednn.internal.winograd;

import java.nio.FloatBuffer;

/** Transforms kernels, {@code G·g·Gᵀ}, for one thread. */
final class KernelTiles {
  private static final int TAPS = 9;

  private final Tile tile;
  private final Taps taps;
  private final FloatBuffer target;
  private final int room;
  private final float[] each;
  private final float[] columns;
  private final float[] kernels;

  /**
   * @param target receives the results, [side², rows, count]
   * @param most the most kernels in a row
   */
  KernelTiles(Tile tile, Taps taps, FloatBuffer target, int most) {
    this.tile = tile;
    this.taps = taps;
    this.target = target;
    this.room = Vectors.room(most);
    this.each = new float[TAPS * room];
    this.columns = new float[3 * tile.side() * room];
    this.kernels = new float[tile.side() * tile.side() * room];
  }

  /**
   * Transforms some kernels of some rows of a weight.
   *
   * @param row the first row of the weight
   * @param rows their number
   * @param kernel the first kernel of each
   * @param count their number
   */
  void fill(int row, int rows, int kernel, int count) {
    int side = tile.side();
    for (int r = 0; r < rows; r++) {
      taps.read(row + r, kernel, count, each, room);
      tile.taps(each, 0, 3 * room, columns, 0, 3 * room, 3 * room);
      for (int k = 0; k < side; k++) {
        tile.taps(columns, 3 * k * room, room, kernels, k * side * room, room, count);
      }
      for (int k = 0; k < side * side; k++) {
        target.put((k * rows + r) * count, kernels, k * room, count);
      }
    }
  }
}
