package org.peft4j.train.metrics;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Events of TensorBoard as bytes: protocol buffers, in records with their length and checksums. The
 * fields of {@code Event}: 1 wall_time, 2 step, 3 file_version, 5 summary, 7 session_log; of {@code
 * Summary.Value}: 1 tag, 2 simple_value.
 */
final class EventRecord {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED_32 = 5;

  /** A session began: {@code SessionLog.START}. */
  private static final int START = 1;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private EventRecord() {}

  /** The first event of a file. */
  static byte[] version(double seconds) {
    return event(seconds, 0)
        .field(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8))
        .bytes
        .toByteArray();
  }

  /** A session that begins with a step: what earlier files have from there on counts no longer. */
  static byte[] start(double seconds, long step) {
    byte[] session = new EventRecord().field(1, START).bytes.toByteArray();
    return event(seconds, step).field(7, session).bytes.toByteArray();
  }

  /** Numbers of a step by tag. */
  static byte[] scalars(double seconds, long step, Map<String, Double> values) {
    EventRecord summary = new EventRecord();
    values.forEach(
        (tag, value) -> {
          EventRecord one = new EventRecord().field(1, tag.getBytes(StandardCharsets.UTF_8));
          one.key(2, FIXED_32);
          one.put(buffer(Float.BYTES).putFloat((float) (double) value));
          summary.field(1, one.bytes.toByteArray());
        });
    return event(seconds, step).field(5, summary.bytes.toByteArray()).bytes.toByteArray();
  }

  private static EventRecord event(double seconds, long step) {
    EventRecord event = new EventRecord();
    event.key(1, FIXED_64);
    event.put(buffer(Double.BYTES).putDouble(seconds));
    return event.field(2, step);
  }

  private EventRecord field(int number, long value) {
    key(number, VARINT);
    varint(value);
    return this;
  }

  private EventRecord field(int number, byte[] value) {
    key(number, BYTES);
    varint(value.length);
    bytes.writeBytes(value);
    return this;
  }

  private void key(int field, int type) {
    varint((long) field << 3 | type);
  }

  /** Seven bits a byte, the lowest first. */
  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }

  private void put(ByteBuffer buffer) {
    bytes.writeBytes(buffer.array());
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A record: length, its checksum, data, its checksum. */
  static byte[] framed(byte[] data) {
    byte[] length = buffer(Long.BYTES).putLong(data.length).array();
    return buffer(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES)
        .put(length)
        .putInt(masked(length))
        .put(data)
        .putInt(masked(data))
        .array();
  }

  /** CRC-32C, rotated and moved, as checksums of data that holds checksums are. */
  private static int masked(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xA282EAD8;
  }
}
