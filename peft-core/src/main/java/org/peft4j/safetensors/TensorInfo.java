package org.peft4j.safetensors;

import java.util.List;
import org.peft4j.error.PeftException;

/**
 * A header's entry for one tensor.
 *
 * @param name the tensor's name, the key in the header
 * @param dtype the element type
 * @param shape the size of each dimension, row-major; empty for a scalar
 * @param begin the first byte, counted from the start of the file's data (not of the file)
 * @param end the byte after the last, counted in the same way
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long begin, long end) {

  /**
   * Checks that the byte range matches type and shape.
   *
   * @throws PeftException if it does not, or if a size is negative or beyond 64 bits
   */
  public TensorInfo {
    shape = List.copyOf(shape);
    long needed = byteCount(dtype, shape);
    if (begin < 0 || end < begin) {
      throw new PeftException(
          "data_offsets [" + begin + ", " + end + "] must be non-negative and in growing order.");
    }
    if (end - begin != needed) {
      throw new PeftException(
          "data_offsets ["
              + begin
              + ", "
              + end
              + "] hold "
              + (end - begin)
              + " bytes, but "
              + dtype
              + shape
              + " needs "
              + needed
              + ".");
    }
  }

  /** The number of elements: the product of the shape, 1 for a scalar. */
  public long elementCount() {
    return byteCount() / dtype.bytes();
  }

  /** The number of bytes of the tensor's data. */
  public long byteCount() {
    return end - begin;
  }

  /**
   * The bytes that a tensor needs, or an error if a dimension is negative or the product overflows.
   */
  static long byteCount(DType dtype, List<Long> shape) {
    long product = dtype.bytes();
    for (long size : shape) {
      if (size < 0) {
        throw new PeftException("shape " + shape + " has the negative dimension " + size + ".");
      }
      if (size != 0 && product > Long.MAX_VALUE / size) {
        throw new PeftException(
            "shape " + shape + " of " + dtype + " has more than 2^63 - 1 bytes.");
      }
      product *= size;
    }
    return product;
  }
}
