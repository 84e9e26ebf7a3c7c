package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;

/** Bytes outside of the heap: allocated, and freed with this object. */
final class HostBytes {
  private final BytePointer own;
  private final ByteBuffer buffer;

  private HostBytes(BytePointer own, ByteBuffer buffer) {
    this.own = own;
    this.buffer = buffer;
  }

  static HostBytes allocate(long size) {
    BytePointer pointer = new BytePointer(size);
    return new HostBytes(pointer, pointer.asByteBuffer());
  }

  /** All of them, in little-endian order. */
  ByteBuffer buffer() {
    return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  long size() {
    return buffer.capacity();
  }

  void close() {
    own.close();
  }
}
