package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes outside of the heap: allocated and freed with this object, or pages of a mapped file, which
 * live as long as it does.
 */
public final class HostBytes {
  private final @Nullable BytePointer own;
  private final ByteBuffer buffer;

  private HostBytes(@Nullable BytePointer own, ByteBuffer buffer) {
    this.own = own;
    this.buffer = buffer;
  }

  public static HostBytes allocate(long size) {
    BytePointer pointer = new BytePointer(size);
    return new HostBytes(pointer, pointer.asByteBuffer());
  }

  /** The bytes of a buffer, which is not copied. */
  public static HostBytes of(ByteBuffer buffer) {
    return new HostBytes(null, buffer.slice());
  }

  /** All of them, in little-endian order. */
  public ByteBuffer buffer() {
    return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  long size() {
    return buffer.capacity();
  }

  void close() {
    if (own != null) {
      own.close();
    }
  }
}
