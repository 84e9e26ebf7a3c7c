package org.peft4j.safetensors;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;

/**
 * Named tensors in a file, or in the several files of a sharded checkpoint. Safe for use by several
 * threads at once; closing while another thread reads makes that thread's next call fail.
 */
public interface TensorSource extends AutoCloseable {

  /**
   * Opens a safetensors file, the index of a sharded checkpoint ({@code *.index.json}), or a folder
   * with {@code model.safetensors} or {@code model.safetensors.index.json}, in this order.
   *
   * @throws SafetensorsException if there is none, or if a file breaks a rule of the format
   */
  static TensorSource open(Path folderOrFile) {
    return open(folderOrFile, SafetensorsLimits.defaults());
  }

  /** Like {@link #open(Path)}, with other limits. */
  static TensorSource open(Path folderOrFile, SafetensorsLimits limits) {
    return SourceFinder.open(folderOrFile, limits);
  }

  /** The file that was opened: the tensors' own, or the index. */
  Path path();

  /** Every tensor, sorted by name; unmodifiable. */
  SortedMap<String, TensorInfo> tensors();

  /** The file's metadata, such as {@code format=pt}; unmodifiable, often empty. */
  Map<String, String> metadata();

  /**
   * Returns a tensor's entry.
   *
   * @throws SafetensorsException if there is none of that name, with the nearest names
   */
  default TensorInfo tensor(String name) {
    TensorInfo info = tensors().get(name);
    if (info == null) {
      throw SafetensorsException.unknown(path(), name, tensors().keySet());
    }
    return info;
  }

  /**
   * Returns part of a tensor's data as a read-only little-endian view of the mapped file: nothing
   * is copied. The view stays valid after {@link #close}; the mapping ends once no view is
   * reachable.
   *
   * @param byteOffset first byte, counted from the start of the tensor
   * @param byteCount at most 2^30, or at most 2^31 - 1 if the tensor itself is no larger
   * @throws SafetensorsException if the range is not within the tensor, too long, or this is closed
   */
  ByteBuffer slice(String name, long byteOffset, int byteCount);

  /**
   * Copies part of a tensor's data. Unlike {@link #slice}, it leaves no page of the file mapped.
   *
   * @param byteOffset first byte, counted from the start of the tensor
   * @param target receives as many bytes as it has room for
   * @throws SafetensorsException if the range is not within the tensor, or this is closed
   */
  void read(String name, long byteOffset, ByteBuffer target);

  /**
   * Returns all of a tensor's data, as {@link #slice} does.
   *
   * @throws SafetensorsException if the tensor has more than 2^31 - 1 bytes; use {@link #slice}
   *     then
   */
  default ByteBuffer buffer(String name) {
    TensorInfo info = tensor(name);
    if (info.byteCount() > Integer.MAX_VALUE) {
      throw SafetensorsException.inTensor(
          path(),
          name,
          "has " + info.byteCount() + " bytes, more than a buffer's 2^31 - 1; use slice.");
    }
    return slice(name, 0, (int) info.byteCount());
  }

  /**
   * Copies elements of an F64, F32, F16 or BF16 tensor, rounding F64 to the nearest float.
   *
   * @param elementOffset first element to copy, in row-major order
   * @throws SafetensorsException if the tensor is of another type, or the range is not within it
   * @throws IndexOutOfBoundsException if the range is not within {@code target}
   */
  default void readFloats(
      String name, long elementOffset, float[] target, int targetOffset, int count) {
    ElementReader.readFloats(this, name, elementOffset, target, targetOffset, count);
  }

  /**
   * Copies elements of an integer or BOOL (0 or 1) tensor.
   *
   * @param elementOffset first element to copy, in row-major order
   * @throws SafetensorsException if the tensor is of another type, the range is not within it, a
   *     U64 is 2^63 or more, or a BOOL neither 0 nor 1
   * @throws IndexOutOfBoundsException if the range is not within {@code target}
   */
  default void readLongs(
      String name, long elementOffset, long[] target, int targetOffset, int count) {
    ElementReader.readLongs(this, name, elementOffset, target, targetOffset, count);
  }

  /** Ends reading; views handed out stay valid. Closing again has no effect. */
  @Override
  void close();
}
