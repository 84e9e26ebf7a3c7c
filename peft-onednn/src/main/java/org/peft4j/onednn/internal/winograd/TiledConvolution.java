package org.peft4j.onednn.internal.winograd;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Lanes;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.operation.BatchProduct;

/**
 * A convolution in tiles. Lanes share the rows of tiles, whose pixels they transform, and then the
 * channels of the result: each transforms the kernels of some channels, multiplies the pixels by
 * them, one matrix for each position in a tile, and transforms the products to results.
 */
final class TiledConvolution {
  /** The most channels of the result at once in a lane. */
  private static final int CHANNELS = 320;

  /** Numbers in 16 MB, which a processor's last cache holds. */
  static final int AT_ONCE = 1 << 22;

  private final Grid grid;
  private final int in;
  private final int out;
  private final boolean back;
  private final INDArray x;
  private final INDArray weight;
  private final @Nullable INDArray bias;
  private final boolean accumulate;
  private final INDArray y;
  private final int atOnce;
  private final int lanes = Lanes.most();

  /** The positions in a tile. */
  private final int positions;

  /** Rows of tiles at once. */
  private final int rows;

  /** Channels of the result at once. */
  private final int block;

  /**
   * Of arrays that are dense.
   *
   * @param back whether x and y are gradients of the convolution's result and input
   * @param accumulate whether to add to y
   * @param atOnce the most numbers in transformed kernels in a lane, and likewise in pixels
   */
  TiledConvolution(
      Grid grid,
      boolean back,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      boolean accumulate,
      INDArray y,
      int atOnce) {
    this.grid = grid;
    this.back = back;
    this.x = x;
    this.weight = weight;
    this.bias = bias;
    this.accumulate = accumulate;
    this.y = y;
    this.atOnce = atOnce;
    this.in = (int) x.size(1);
    this.out = (int) y.size(1);
    this.positions = grid.tile().side() * grid.tile().side();
    this.rows = Math.min(grid.rows(), atOnce(grid.columns()));
    int most = Math.min(CHANNELS, atOnce(1));
    int blocks = lanes * upward(out, lanes * most);
    this.block = upward(out, blocks);
  }

  /** How many times as many tiles or kernels, of all channels, may be transformed at once. */
  private int atOnce(int count) {
    return Math.max(1, atOnce / (positions * in * count));
  }

  private static int upward(int count, int parts) {
    return (count + parts - 1) / parts;
  }

  void run() {
    long tiles = (long) rows * grid.columns();
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray pixels = scratch.array(DataType.FLOAT, positions * tiles * in);
      INDArray kernels = scratch.array(DataType.FLOAT, lanes, (long) positions * block * in);
      INDArray products = scratch.array(DataType.FLOAT, lanes, positions * tiles * block);
      for (int row = 0; row < grid.rows(); row += rows) {
        Chunk chunk = new Chunk(row, Math.min(rows, grid.rows() - row), pixels);
        share(chunk.rows, lane -> chunk.pixelTask());
        share(
            upward(out, block),
            lane -> chunk.blockTask(kernels.getRow(lane), products.getRow(lane)));
      }
    }
  }

  /** Runs steps 0 to {@code count}, exclusive, in lanes that take the next one when they can. */
  private void share(int count, IntFunction<IntConsumer> ofLane) {
    AtomicInteger next = new AtomicInteger();
    List<Runnable> tasks = new ArrayList<>();
    for (int lane = 0; lane < Math.min(lanes, count); lane++) {
      IntConsumer step = ofLane.apply(lane);
      tasks.add(
          () -> IntStream.generate(next::getAndIncrement).takeWhile(i -> i < count).forEach(step));
    }
    Lanes.run(tasks);
  }

  /** Rows of tiles whose pixels are transformed at once. */
  private final class Chunk {
    private final int first;
    private final int rows;
    private final int tiles;
    private final INDArray pixels;

    Chunk(int first, int rows, INDArray pixels) {
      this.first = first;
      this.rows = rows;
      this.tiles = rows * grid.columns();
      this.pixels = pixels;
    }

    /** Transforms the pixels of a row of tiles. */
    IntConsumer pixelTask() {
      PixelTiles own = new PixelTiles(grid, in, RowTasks.floats(x), RowTasks.floats(pixels));
      return row -> own.fill(first + row, row * grid.columns(), tiles);
    }

    /** Computes a block of the result's channels. */
    IntConsumer blockTask(INDArray kernels, INDArray products) {
      FloatBuffer added = bias == null ? null : RowTasks.floats(bias);
      KernelTiles transformed =
          new KernelTiles(
              grid.tile(), new Taps(weight, back), RowTasks.floats(kernels), back ? block : in);
      ResultTiles results =
          new ResultTiles(
              grid, out, block, RowTasks.floats(products), RowTasks.floats(y), added, accumulate);
      return number -> {
        int channel = number * block;
        int count = Math.min(block, out - channel);
        if (back) {
          transformed.fill(0, in, channel, count);
        } else {
          transformed.fill(channel, count, 0, in);
        }
        BatchProduct.run(
            BatchProduct.dense(positions, tiles, count, in, !back),
            Address.of(pixels),
            Address.of(kernels),
            Address.of(products));
        for (int row = 0; row < rows; row++) {
          results.write(first + row, row * grid.columns(), tiles, channel, count);
        }
      };
    }
  }
}
