package org.peft4j.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Map;
import java.util.TreeMap;

/**
 * The data of a file, mapped in windows that a {@link ByteBuffer} can span. A tensor that fits in
 * one buffer has one window. A larger one has a window every GiB, each of up to 2 GiB, so that one
 * window contains any GiB of it.
 */
final class MappedData {
  /** The longest part that is always contiguous, for tensors of any size: 1 GiB. */
  static final int MAX_SLICE = 1 << 30;

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  /** Windows by their first byte, relative to the start of the data. */
  private final TreeMap<Long, ByteBuffer> windows = new TreeMap<>();

  private MappedData() {}

  static MappedData map(FileChannel channel, Header header) throws IOException {
    MappedData data = new MappedData();
    long begin = 0;
    long end = 0;
    for (TensorInfo tensor : header.tensors()) {
      if (tensor.end() - begin > Integer.MAX_VALUE) {
        data.mapRange(channel, header.dataStart(), begin, end);
        begin = tensor.begin();
      }
      end = tensor.end();
    }
    data.mapRange(channel, header.dataStart(), begin, end);
    return data;
  }

  private void mapRange(FileChannel channel, long dataStart, long begin, long end)
      throws IOException {
    for (long position = begin; position < end; position += MAX_SLICE) {
      long size = Math.min(Integer.MAX_VALUE, end - position);
      windows.put(position, channel.map(FileChannel.MapMode.READ_ONLY, dataStart + position, size));
      if (position + size == end) {
        return;
      }
    }
  }

  /** A view of {@code size} bytes from {@code position} on, which one window must contain. */
  ByteBuffer slice(long position, int size) {
    if (size == 0) {
      return EMPTY.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    Map.Entry<Long, ByteBuffer> window = windows.floorEntry(position);
    if (window == null) {
      throw new IllegalArgumentException("no window at " + position);
    }
    int offset = (int) (position - window.getKey());
    return window.getValue().slice(offset, size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
