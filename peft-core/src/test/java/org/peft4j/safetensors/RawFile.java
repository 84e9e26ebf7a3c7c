package org.peft4j.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Bytes of files that no writer would make. */
final class RawFile {
  private RawFile() {}

  /** The true length of {@code header}, the header, and {@code dataBytes} zeros. */
  static byte[] of(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return withLength(json.length, json, dataBytes);
  }

  static byte[] withLength(long length, byte[] header, int dataBytes) {
    return ByteBuffer.allocate(Long.BYTES + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header)
        .array();
  }

  /** An entry of one tensor, without its braces. */
  static String tensor(String name, String dtype, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(name, dtype, shape, offsets);
  }
}
