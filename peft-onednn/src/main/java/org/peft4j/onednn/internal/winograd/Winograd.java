package org.peft4j.onednn.internal.winograd;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Convolution;
import org.peft4j.onednn.internal.vector.VectorUnit;

/**
 * Convolutions with three by three taps and a stride of one, by minimal filtering: a quarter of the
 * products in tiles of 4 × 4 results, 4/9 of them in tiles of 2 × 2. Weights are FLOAT or BFLOAT16,
 * [out, in·9]; everything else is FLOAT.
 */
public final class Winograd {
  private static final int TAPS = 3;

  /** Channels from which products are large enough. */
  private static final int CHANNELS = 32;

  /** Large tiles from which they pay: their kernels have 9/4 of the numbers of small ones. */
  private static final int LARGE = 64;

  /** Small tiles from which a product has rows enough. */
  private static final int SMALL = 16;

  private Winograd() {}

  /** Whether a convolution is faster so than as it is. */
  public static boolean pays(Convolution shape, long pictures, long in, long out) {
    // Without vector instructions no class may be touched that names them, as tiles do.
    return VectorUnit.PRESENT
        && possible(shape.window())
        && Math.min(in, out) >= CHANNELS
        && Grid.of(new SmallTile(), shape, pictures).tiles() >= SMALL;
  }

  private static boolean possible(Convolution.Window window) {
    return window.kernelHeight() == TAPS
        && window.kernelWidth() == TAPS
        && window.stride() == 1
        && Math.max(window.top(), window.left()) < TAPS
        && Math.max(window.bottom(), window.right()) < TAPS;
  }

  private static Tile tile(Convolution shape, long pictures) {
    Tile large = new LargeTile();
    return Grid.of(large, shape, pictures).tiles() >= LARGE ? large : new SmallTile();
  }

  /** {@code y = W ∗ x + b}, or adds it. */
  public static void forward(
      Convolution shape,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      boolean accumulate,
      INDArray y) {
    long pictures = shape.pictures(x.size(0));
    Grid grid = Grid.of(tile(shape, pictures), shape, pictures);
    run(grid, false, x, weight, bias, accumulate, y);
  }

  /** {@code dx = the gradient of x}, or adds it. */
  public static void inputGradient(
      Convolution shape, INDArray dy, INDArray weight, boolean accumulate, INDArray dx) {
    long pictures = shape.pictures(dx.size(0));
    Grid grid = Grid.of(tile(shape, pictures), shape, pictures).back();
    run(grid, true, dy, weight, null, accumulate, dx);
  }

  private static void run(
      Grid grid,
      boolean back,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      boolean accumulate,
      INDArray y) {
    int atOnce = TiledConvolution.AT_ONCE;
    new TiledConvolution(grid, back, x, weight, bias, accumulate, y, atOnce).run();
  }
}
