package org.peft4j.internal.torch;

import static org.peft4j.internal.Quoted.quoted;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.Value.Tensor;
import org.peft4j.safetensors.SafetensorsLimits;
import org.peft4j.safetensors.TensorInfo;

/**
 * A tensor and the bytes of the file that it is in.
 *
 * @param info its name, type and shape; its bytes as if they were in row-major order
 * @param start the position of its storage in the file, in bytes
 * @param rowMajor whether its elements follow each other in row-major order, from {@code
 *     info.begin()} on
 */
record StoredTensor(TensorInfo info, Tensor tensor, long start, boolean rowMajor) {
  /**
   * Checks a tensor.
   *
   * @throws PeftException if it is larger than its storage, reaches beyond it, or exceeds a limit
   */
  static StoredTensor of(Path file, String name, Tensor tensor, long start) {
    int elementBytes = tensor.storage().type().bytes();
    long room = tensor.storage().elements();
    long count = count(tensor.shape());
    if (tensor.shape().size() > SafetensorsLimits.defaults().maxRank() || count > room) {
      throw problem(file, name, tensor);
    }
    if (count > 0 && lastOffset(tensor) >= room) {
      throw problem(file, name, tensor);
    }
    long begin = start + (count == 0 ? 0 : tensor.offset() * elementBytes);
    TensorInfo info =
        new TensorInfo(
            name,
            tensor.storage().type(),
            tensor.shape(),
            begin,
            Math.addExact(begin, count * elementBytes));
    return new StoredTensor(info, tensor, start, count == 0 || isRowMajor(tensor));
  }

  private static PeftException problem(Path file, String name, Tensor tensor) {
    return new PeftException(
        file
            + ": tensor "
            + quoted(name)
            + " has the shape "
            + tensor.shape()
            + ", the strides "
            + tensor.strides()
            + " and the offset "
            + tensor.offset()
            + "; its storage has only "
            + tensor.storage().elements()
            + " elements. The file is broken.");
  }

  /** The number of elements; 2^63 - 1 if it is larger. */
  private static long count(List<Long> shape) {
    if (shape.contains(0L)) {
      return 0;
    }
    long count = 1;
    for (long size : shape) {
      if (count > Long.MAX_VALUE / size) {
        return Long.MAX_VALUE;
      }
      count *= size;
    }
    return count;
  }

  /** The place of the last element in the storage; 2^63 - 1 if it is beyond. */
  private static long lastOffset(Tensor tensor) {
    long offset = tensor.offset();
    for (int i = 0; i < tensor.shape().size(); i++) {
      long steps = tensor.shape().get(i) - 1;
      long stride = tensor.strides().get(i);
      if (steps > 0 && stride > (Long.MAX_VALUE - offset) / steps) {
        return Long.MAX_VALUE;
      }
      offset += steps * stride;
    }
    return offset;
  }

  private static boolean isRowMajor(Tensor tensor) {
    long expected = 1;
    for (int i = tensor.shape().size() - 1; i >= 0; i--) {
      long size = tensor.shape().get(i);
      if (size != 1 && tensor.strides().get(i) != expected) {
        return false;
      }
      expected *= size;
    }
    return true;
  }

  /**
   * Copies elements in row-major order from where they are.
   *
   * @param from the first byte, counted in row-major order
   * @param source the bytes of the file from a position on
   * @param target receives as many bytes as it has room for
   */
  void gather(long from, ByteSource source, ByteBuffer target) {
    int width = info.dtype().bytes();
    long[] index = index(from / width);
    int inside = (int) (from % width);
    while (target.hasRemaining()) {
      ByteBuffer element = source.bytes(start + place(index) * width, width);
      for (int i = inside; i < width && target.hasRemaining(); i++) {
        target.put(element.get(i));
      }
      inside = 0;
      advance(index);
    }
  }

  private long[] index(long element) {
    long[] index = new long[tensor.shape().size()];
    long rest = element;
    for (int i = index.length - 1; i >= 0; i--) {
      index[i] = rest % tensor.shape().get(i);
      rest /= tensor.shape().get(i);
    }
    return index;
  }

  private long place(long[] index) {
    long place = tensor.offset();
    for (int i = 0; i < index.length; i++) {
      place += index[i] * tensor.strides().get(i);
    }
    return place;
  }

  private void advance(long[] index) {
    for (int i = index.length - 1; i >= 0; i--) {
      index[i]++;
      if (index[i] < tensor.shape().get(i)) {
        return;
      }
      index[i] = 0;
    }
  }

  /** Gives bytes of the file. */
  interface ByteSource {
    ByteBuffer bytes(long position, int count);
  }
}
