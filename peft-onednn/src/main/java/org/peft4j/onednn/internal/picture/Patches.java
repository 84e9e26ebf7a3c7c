package org.peft4j.onednn.internal.picture;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Convolution;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.winograd.Winograd;

/**
 * Convolutions of small pictures as products: the patch of pixels that each result sees is a row
 * [in·kernel], in the order of a weight's elements, so that the weight is multiplied as it lies.
 * Where results are few, bringing it into another layout takes longer than the convolution itself.
 */
public final class Patches {
  /** The most results, of all pictures, where tiles would do as well. */
  private static final int FEW = 128;

  /** The most where they would not. */
  private static final int MOST = 512;

  /** The fewest numbers of a weight. */
  private static final long LEAST = 1 << 12;

  private final Convolution shape;
  private final Convolution.Window window;
  private final int taps;

  private Patches(Convolution shape) {
    this.shape = shape;
    this.window = shape.window();
    this.taps = window.kernelHeight() * window.kernelWidth();
  }

  /**
   * Whether a convolution is faster so than as it is, or in tiles.
   *
   * @param in channels of its input
   */
  public static boolean pay(Convolution shape, long pictures, long in, INDArray weight) {
    long results = pictures * shape.outputHeight() * shape.outputWidth();
    return weight.length() >= LEAST
        && (results <= FEW
            || (results <= MOST && !Winograd.pays(shape, pictures, in, weight.size(0))));
  }

  /** {@code y = W ∗ x + b}, or adds it. */
  public static void forward(
      Kernels kernels,
      Convolution shape,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      boolean accumulate,
      INDArray y) {
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray patches = scratch.array(DataType.FLOAT, y.size(0), weight.size(1));
      new Patches(shape).fill(x, patches);
      if (accumulate) {
        kernels.matmul(patches, false, weight, true, 1, 1, y);
        if (bias != null) {
          kernels.addBias(y, bias);
        }
      } else {
        kernels.affine(patches, weight, true, bias, y);
      }
    }
  }

  /** {@code dx = the gradient of x}, or adds it. */
  public static void inputGradient(
      Kernels kernels,
      Convolution shape,
      INDArray dy,
      INDArray weight,
      boolean accumulate,
      INDArray dx) {
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray patches = scratch.array(DataType.FLOAT, dy.size(0), weight.size(1));
      kernels.matmul(dy, false, weight, false, 1, 0, patches);
      new Patches(shape).sum(patches, accumulate, dx);
    }
  }

  /** The pixel that tap t of a result meets; −1 outside of the picture. */
  private int pixel(int result, int t) {
    int width = (int) shape.outputWidth();
    int area = (int) shape.outputHeight() * width;
    int i = result % area / width * window.stride() + t / window.kernelWidth() - window.top();
    int j = result % width * window.stride() + t % window.kernelWidth() - window.left();
    boolean inside = i >= 0 && i < shape.height() && j >= 0 && j < shape.width();
    int height = (int) shape.height();
    return inside ? (result / area * height + i) * (int) shape.width() + j : -1;
  }

  private void fill(INDArray x, INDArray patches) {
    int in = (int) x.size(1);
    FloatBuffer pixels = RowTasks.floats(x);
    FloatBuffer target = RowTasks.floats(patches);
    RowTasks.run(
        patches.size(0),
        patches.size(1),
        (from, to) -> {
          float[] pixel = new float[in];
          float[] patch = new float[in * taps];
          for (int result = from; result < to; result++) {
            for (int t = 0; t < taps; t++) {
              int at = pixel(result, t);
              if (at < 0) {
                Arrays.fill(pixel, 0);
              } else {
                pixels.get(at * in, pixel);
              }
              for (int c = 0; c < in; c++) {
                patch[c * taps + t] = pixel[c];
              }
            }
            target.put(result * patch.length, patch);
          }
        });
  }

  /** Sums what patches say about each pixel, for some channels at once. */
  private void sum(INDArray patches, boolean accumulate, INDArray dx) {
    int in = (int) dx.size(1);
    int pixels = (int) dx.size(0);
    int results = (int) patches.size(0);
    FloatBuffer source = RowTasks.floats(patches);
    FloatBuffer target = RowTasks.floats(dx);
    RowTasks.run(
        in,
        (long) results * taps,
        (from, to) -> {
          int count = to - from;
          float[] patch = new float[count * taps];
          float[] sums = new float[pixels * count];
          if (accumulate) {
            for (int i = 0; i < pixels; i++) {
              target.get(i * in + from, sums, i * count, count);
            }
          }
          for (int result = 0; result < results; result++) {
            source.get((result * in + from) * taps, patch);
            for (int t = 0; t < taps; t++) {
              int at = pixel(result, t);
              for (int c = 0; at >= 0 && c < count; c++) {
                sums[at * count + c] += patch[c * taps + t];
              }
            }
          }
          for (int i = 0; i < pixels; i++) {
            target.put(i * in + from, sums, i * count, count);
          }
        });
  }
}
