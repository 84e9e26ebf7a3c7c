package org.peft4j.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Takes the data of the declared tensors, each from its first element to its last, in any number of
 * calls. The order of tensors is free, and calls for several tensors may alternate. It holds only a
 * small buffer. Not thread-safe.
 */
public final class TensorSink {
  private static final int BUFFER_BYTES = 1 << 18;

  private final Path file;
  private final FileChannel channel;
  private final long dataStart;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Long> written = new LinkedHashMap<>();
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  TensorSink(Path file, FileChannel channel, long dataStart, List<TensorInfo> layout) {
    this.file = file;
    this.channel = channel;
    this.dataStart = dataStart;
    for (TensorInfo tensor : layout) {
      tensors.put(tensor.name(), tensor);
      written.put(tensor.name(), 0L);
    }
  }

  /**
   * Appends to an F64, F32, F16 or BF16 tensor, rounding to the nearest value, ties to even. A
   * value beyond the type's range becomes infinite.
   *
   * @throws SafetensorsException if the tensor is not declared, of another type, or already full
   * @throws IndexOutOfBoundsException if the range is not within {@code source}
   * @throws IOException if the disk fails or is full
   */
  public void writeFloats(String name, float[] source, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, source.length);
    TensorInfo tensor = declared(name);
    ElementWriter.checkKind(file, tensor, true);
    append(tensor, count, i -> ElementWriter.putFloat(buffer, tensor.dtype(), source[offset + i]));
  }

  /**
   * Appends to an integer or BOOL tensor.
   *
   * @throws SafetensorsException if the tensor is not declared, of another type, or already full,
   *     or a value is beyond the type's range (0 and 1 for BOOL)
   * @throws IndexOutOfBoundsException if the range is not within {@code source}
   * @throws IOException if the disk fails or is full
   */
  public void writeLongs(String name, long[] source, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, source.length);
    TensorInfo tensor = declared(name);
    ElementWriter.checkKind(file, tensor, false);
    append(tensor, count, i -> ElementWriter.putLong(file, buffer, tensor, source[offset + i]));
  }

  /**
   * Appends the remaining bytes of {@code source}, which are little-endian elements of the tensor's
   * type.
   *
   * @throws SafetensorsException if the tensor is not declared or already full
   * @throws IOException if the disk fails or is full
   */
  public void writeBytes(String name, ByteBuffer source) throws IOException {
    put(declared(name), source);
  }

  private interface ElementPutter {
    void put(int index);
  }

  private void append(TensorInfo tensor, int count, ElementPutter element) throws IOException {
    int perBuffer = BUFFER_BYTES / tensor.dtype().bytes();
    int done = 0;
    while (done < count) {
      int end = done + Math.min(perBuffer, count - done);
      buffer.clear();
      for (; done < end; done++) {
        element.put(done);
      }
      put(tensor, buffer.flip());
    }
  }

  private void put(TensorInfo tensor, ByteBuffer bytes) throws IOException {
    long already = written.getOrDefault(tensor.name(), 0L);
    if (bytes.remaining() > tensor.byteCount() - already) {
      throw SafetensorsException.inTensor(
          file,
          tensor.name(),
          "is declared with "
              + tensor.byteCount()
              + " bytes, but "
              + (already + bytes.remaining())
              + " were written; declare the shape that you write.");
    }
    written.put(tensor.name(), already + bytes.remaining());
    long position = dataStart + tensor.begin() + already;
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
  }

  private TensorInfo declared(String name) {
    TensorInfo tensor = tensors.get(name);
    if (tensor == null) {
      throw SafetensorsException.unknown(file, name, tensors.keySet());
    }
    return tensor;
  }

  /** Checks that every tensor is complete. */
  void finish() {
    written.forEach(
        (name, bytes) -> {
          long needed = declared(name).byteCount();
          if (bytes != needed) {
            throw SafetensorsException.inTensor(
                file,
                name,
                "is declared with "
                    + needed
                    + " bytes, but only "
                    + bytes
                    + " were written; nothing was saved.");
          }
        });
  }
}
