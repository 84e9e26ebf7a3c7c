package org.peft4j.weight;

import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.RowProduct;
import org.peft4j.memory.DetachedArrays;

/**
 * A weight W of a base model, which no training changes. It computes with W in any format, returns
 * its values in floating point, and allows temporary replacements.
 *
 * <p>W is [out, in] for a linear map, [vocabulary, dim] for an embedding, [out, in, …kernel] for a
 * convolution; biases and the weights of normalisations are vectors. A checkpoint may store W in
 * another shape, {@link #storedShape}: GPT-2 stores [in, out].
 *
 * <p>Two modules that share a weight have the same object. Any number of threads may compute with
 * it and read it at once, but not while one of them replaces it.
 */
public interface FrozenWeight extends AutoCloseable {
  /** The shape in a checkpoint, and of a trainable copy; the caller may change the array. */
  long[] storedShape();

  /** The view of an array of {@link #storedShape} as W. */
  WeightView view();

  /** The shape of W. */
  default long[] shape() {
    return view().shape(storedShape());
  }

  /** The number of elements. */
  default long count() {
    return LongStream.of(storedShape()).reduce(1, Math::multiplyExact);
  }

  /** Its format, for messages: {@code FP32}, {@code BF16} … */
  String format();

  /** Its size in bytes, in memory or in a mapped file. */
  long bytes();

  /**
   * {@code y = x·Wᵀ + b}. A convolution's W is a matrix here, [out, in·…kernel].
   *
   * @param x [rows, in]
   * @param bias [out]; null for none
   * @param y [rows, out]
   */
  void multiply(Kernels kernels, INDArray x, @Nullable INDArray bias, INDArray y);

  /**
   * {@code dx = dy·W + beta·dx}: the gradient of {@link #multiply}'s input.
   *
   * @param dy [rows, out]
   * @param beta 0 to overwrite dx, 1 to add to it
   * @param dx [rows, in]
   */
  void multiplyTransposed(Kernels kernels, INDArray dy, double beta, INDArray dx);

  /**
   * {@link #multiply(Kernels, INDArray, INDArray, INDArray)}, as a module multiplies rows: each for
   * itself, or by a convolution.
   *
   * @throws PeftException if it is a convolution, and the weight is not held as an array
   */
  default void multiply(
      Kernels kernels, RowProduct product, INDArray x, @Nullable INDArray bias, INDArray y) {
    if (product == RowProduct.PLAIN) {
      multiply(kernels, x, bias, y);
    } else {
      product.multiply(kernels, x, kernelMatrix(), bias, 0, y);
    }
  }

  /**
   * {@link #multiplyTransposed(Kernels, INDArray, double, INDArray)} in the same way.
   *
   * @throws PeftException if it is a convolution, and the weight is not held as an array
   */
  default void multiplyTransposed(
      Kernels kernels, RowProduct product, INDArray dy, double beta, INDArray dx) {
    if (product == RowProduct.PLAIN) {
      multiplyTransposed(kernels, dy, beta, dx);
    } else {
      product.inputGradient(kernels, dy, kernelMatrix(), beta, dx);
    }
  }

  private INDArray kernelMatrix() {
    INDArray values =
        array()
            .orElseThrow(
                () ->
                    new PeftException(
                        "A convolution's weight is held in "
                            + format()
                            + ", but is needed as an array. Hold it in FP32 or BF16."));
    INDArray w = view().of(values);
    return w.reshape('c', w.size(0), w.length() / w.size(0));
  }

  /**
   * {@code y[i] = W[rows[i]]}, for an embedding.
   *
   * @param y [rows, dim], of any floating type
   */
  void lookUp(Kernels kernels, int[] rows, INDArray y);

  /**
   * Writes a part of the values along the first dimension, in the checkpoint's shape, so that a
   * caller needs memory only for that part.
   *
   * @param from the first index
   * @param to the index after the last
   * @param part [to − from, … the rest of {@link #storedShape}], of any floating type and strides
   */
  void read(long from, long to, INDArray part);

  /** Writes all values in the checkpoint's shape to {@code target}, of {@link #storedShape}. */
  default void read(INDArray target) {
    read(0, storedShape()[0], target);
  }

  /**
   * Writes W to {@code target}.
   *
   * @param target of {@link #shape} and any floating type; row-major, unless W is a matrix stored
   *     as one
   */
  default void widen(INDArray target) {
    read(view().stored(target, storedShape()));
  }

  /** W in that floating type: a row-major copy outside workspaces, which the caller closes. */
  default INDArray widened(DataType type) {
    INDArray copy = DetachedArrays.zeros(type, shape());
    widen(copy);
    return copy;
  }

  /**
   * The array of {@link #storedShape} that holds the values; empty for other formats. It is for
   * kernels that take a vector itself. It may have any floating type; do not write to it. A
   * replacement changes the array.
   */
  default Optional<INDArray> array() {
    return Optional.empty();
  }

  /**
   * Computes with {@code values}, rounded to this weight's format, until the result is closed.
   * Close replacements in reverse order.
   *
   * @param values of {@link #shape}, of any floating type, outside workspaces; owned by the weight
   *     from now on
   * @throws org.peft4j.error.PeftException if this kind of weight cannot be replaced; the caller
   *     then keeps the values
   */
  Replacement replace(INDArray values);

  /** Frees its memory, unless someone else owns it. */
  @Override
  void close();
}
