package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A convolution of pictures whose pixels are rows, [batch·height·width, channels]:
 *
 * <pre>y[b, i, j] = Σ over u, v of W[:, :, u, v]·x[b, s·i + u − top, s·j + v − left]</pre>
 *
 * with 0 outside of the picture. W is the matrix [out, in·kernelHeight·kernelWidth] of a
 * checkpoint's [out, in, kernelHeight, kernelWidth].
 *
 * @param window kernel, stride and padding
 * @param height of the pictures
 * @param width of the pictures
 */
public record Convolution(Window window, long height, long width) implements RowProduct {
  /**
   * What moves over the picture.
   *
   * @param kernelHeight the extent of the kernel along the height
   * @param kernelWidth the extent along the width
   * @param stride from one window to the next, in both directions
   * @param top the rows of zeros above the picture
   * @param left the columns of zeros before it
   * @param bottom the rows of zeros below
   * @param right the columns of zeros behind
   */
  public record Window(
      int kernelHeight, int kernelWidth, int stride, int top, int left, int bottom, int right) {
    /** A square kernel with the same padding on all sides. */
    public static Window square(int kernel, int stride, int padding) {
      return new Window(kernel, kernel, stride, padding, padding, padding, padding);
    }

    /** Whether it sees a single pixel, and sees each once: a product of rows. */
    public boolean plain() {
      return equals(square(1, 1, 0));
    }

    /** The product of rows that it is on pictures of that size. */
    public RowProduct over(long height, long width) {
      return plain() ? PLAIN : new Convolution(this, height, width);
    }

    /** The height of the result. */
    public long height(long height) {
      return (height + top + bottom - kernelHeight) / stride + 1;
    }

    /** The width of the result. */
    public long width(long width) {
      return (width + left + right - kernelWidth) / stride + 1;
    }
  }

  /** The height of the result. */
  public long outputHeight() {
    return window.height(height);
  }

  /** The width of the result. */
  public long outputWidth() {
    return window.width(width);
  }

  /** The number of pictures in that number of rows. */
  public long pictures(long inputRows) {
    return inputRows / (height * width);
  }

  @Override
  public long rows(long inputRows) {
    return pictures(inputRows) * outputHeight() * outputWidth();
  }

  @Override
  public void multiply(
      Kernels kernels, INDArray x, INDArray w, @Nullable INDArray bias, double beta, INDArray y) {
    kernels.convolution(this, x, w, bias, beta, y);
  }

  @Override
  public void inputGradient(Kernels kernels, INDArray dy, INDArray w, double beta, INDArray dx) {
    kernels.convolutionInputGradient(this, dy, w, beta, dx);
  }

  @Override
  public void weightGradient(Kernels kernels, INDArray x, INDArray dy, INDArray dw) {
    kernels.convolutionWeightGradient(this, x, dy, dw);
  }
}
