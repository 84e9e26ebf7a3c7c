package org.peft4j.kernel;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A convolution as a sum of products, one for each element of the kernel: of the pixels that it
 * meets with its own matrix [out, in]. So no matrix of patches is built, which would be as many
 * times the picture as the kernel has elements.
 */
final class ShiftedProducts {
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
