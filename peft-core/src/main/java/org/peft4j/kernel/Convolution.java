package org.peft4j.kernel;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.ScratchScope;

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

  /**
   * A convolution as a sum of products, one for each element of the kernel: of the pixels that it
   * meets with its own matrix [out, in]. So no matrix of patches is built, which would be as many
   * times the picture as the kernel has elements.
   */
  static final class ShiftedProducts {
    private final Kernels kernels;
    private final Convolution shape;
    private final Convolution.Window window;

    ShiftedProducts(Kernels kernels, Convolution shape) {
      this.kernels = kernels;
      this.shape = shape;
      this.window = shape.window();
    }

    void multiply(INDArray x, INDArray w, @Nullable INDArray bias, double beta, INDArray y) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray padded = padded(x, scratch);
        INDArray met = scratch.array(x.dataType(), y.size(0), x.size(1));
        double before = beta;
        for (int u = 0; u < window.kernelHeight(); u++) {
          for (int v = 0; v < window.kernelWidth(); v++) {
            pictures(met).assign(met(padded, u, v));
            INDArray matrix = scratch.mine(element(w, x.size(1), u, v).dup('c'));
            kernels.matmul(met, false, matrix, true, 1, before, y);
            before = 1;
          }
        }
      }
      if (bias != null) {
        kernels.addBias(y, bias);
      }
    }

    void inputGradient(INDArray dy, INDArray w, double beta, INDArray dx) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray padded = room(dx, scratch).assign(0);
        INDArray met = scratch.array(dx.dataType(), dy.size(0), dx.size(1));
        for (int u = 0; u < window.kernelHeight(); u++) {
          for (int v = 0; v < window.kernelWidth(); v++) {
            INDArray matrix = scratch.mine(element(w, dx.size(1), u, v).dup('c'));
            kernels.matmul(dy, false, matrix, false, 1, 0, met);
            met(padded, u, v).addi(pictures(met));
          }
        }
        INDArray picture = dx.reshape('c', -1, shape.height(), shape.width(), dx.size(1));
        if (beta == 0) {
          picture.assign(inner(padded));
        } else {
          picture.muli(beta).addi(inner(padded));
        }
      }
    }

    void weightGradient(INDArray x, INDArray dy, INDArray dw) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray padded = padded(x, scratch);
        INDArray met = scratch.array(x.dataType(), dy.size(0), x.size(1));
        INDArray matrix = scratch.array(x.dataType(), dy.size(1), x.size(1));
        for (int u = 0; u < window.kernelHeight(); u++) {
          for (int v = 0; v < window.kernelWidth(); v++) {
            pictures(met).assign(met(padded, u, v));
            kernels.matmul(dy, true, met, false, 1, 0, matrix);
            element(dw, x.size(1), u, v).assign(matrix);
          }
        }
      }
    }

    /** One matrix [out, in] of a weight, as a view. */
    private INDArray element(INDArray w, long in, int u, int v) {
      return w.reshape('c', true, w.size(0), in, window.kernelHeight(), window.kernelWidth())
          .get(all(), all(), point(u), point(v));
    }

    /** The pixels that an element of the kernel meets, as a view [batch, height', width', in]. */
    private INDArray met(INDArray padded, int u, int v) {
      int s = window.stride();
      return padded.get(
          all(),
          interval(u, s, u + s * (shape.outputHeight() - 1) + 1),
          interval(v, s, v + s * (shape.outputWidth() - 1) + 1),
          all());
    }

    private INDArray pictures(INDArray rows) {
      return rows.reshape('c', -1, shape.outputHeight(), shape.outputWidth(), rows.size(1));
    }

    private INDArray padded(INDArray x, ScratchScope scratch) {
      INDArray padded = room(x, scratch).assign(0);
      inner(padded).assign(x.reshape('c', -1, shape.height(), shape.width(), x.size(1)));
      return padded;
    }

    private INDArray room(INDArray x, ScratchScope scratch) {
      return scratch.array(
          x.dataType(),
          shape.pictures(x.size(0)),
          window.top() + shape.height() + window.bottom(),
          window.left() + shape.width() + window.right(),
          x.size(1));
    }

    /** The picture in its padding. */
    private INDArray inner(INDArray padded) {
      return padded.get(
          all(),
          interval(window.top(), window.top() + shape.height()),
          interval(window.left(), window.left() + shape.width()),
          all());
    }
  }
}
