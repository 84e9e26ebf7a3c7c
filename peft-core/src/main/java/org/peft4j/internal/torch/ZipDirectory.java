package org.peft4j.internal.torch;

import static org.peft4j.internal.Quoted.quoted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.peft4j.error.PeftException;

/**
 * The directory of a ZIP archive whose entries are stored as they are, so that each is a range of
 * the file (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 to 4.3.16 and 4.5.3).
 */
final class ZipDirectory {
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int END_SIZE = 22;
  private static final int LOCATOR_SIZE = 20;
  private static final int MAX_COMMENT = 0xffff;
  private static final int MAX_DIRECTORY = 64 << 20;
  private static final int EXTRA_64 = 1;

  private final Path file;
  private final Map<String, Entry> entries = new HashMap<>();

  private ZipDirectory(Path file) {
    this.file = file;
  }

  /**
   * A file in the archive.
   *
   * @param start its first byte in the archive
   * @param size its bytes
   */
  record Entry(String name, long start, long size) {}

  /** Where the directory is. */
  private record Place(long start, long size) {}

  static ZipDirectory read(Path file, FileChannel channel) throws IOException {
    ZipDirectory result = new ZipDirectory(file);
    Place place = result.place(channel);
    if (place.size() > MAX_DIRECTORY || place.start() > channel.size() - place.size()) {
      throw result.problem(
          "its directory is at " + place.start() + " with " + place.size() + " bytes");
    }
    ByteBuffer directory = result.bytes(channel, place.start(), (int) place.size());
    while (directory.hasRemaining()) {
      result.add(channel, directory);
    }
    return result;
  }

  private Place place(FileChannel channel) throws IOException {
    int length = (int) Math.min(channel.size(), END_SIZE + MAX_COMMENT);
    long from = channel.size() - length;
    ByteBuffer tail = bytes(channel, from, length);
    for (int at = length - END_SIZE; at >= 0; at--) {
      if (tail.getInt(at) == END) {
        long size = Integer.toUnsignedLong(tail.getInt(at + 12));
        long start = Integer.toUnsignedLong(tail.getInt(at + 16));
        boolean large = size == 0xffffffffL || start == 0xffffffffL;
        return large ? place64(channel, from + at - LOCATOR_SIZE) : new Place(start, size);
      }
    }
    throw problem("the end of its directory is missing: the download was cut off, perhaps");
  }

  private Place place64(FileChannel channel, long locatorAt) throws IOException {
    ByteBuffer locator = bytes(channel, locatorAt, LOCATOR_SIZE);
    if (locator.getInt(0) != LOCATOR_64) {
      throw problem("its directory has no place");
    }
    ByteBuffer end = bytes(channel, locator.getLong(8), 56);
    long size = end.getLong(40);
    long start = end.getLong(48);
    if (end.getInt(0) != END_64 || size < 0 || start < 0) {
      throw problem("its directory has no place");
    }
    return new Place(start, size);
  }

  private void add(FileChannel channel, ByteBuffer directory) throws IOException {
    if (directory.remaining() < 46 || directory.getInt() != CENTRAL) {
      throw problem("an entry of its directory is cut off");
    }
    ByteBuffer head = take(directory, 42);
    int flags = head.getShort(4);
    int method = head.getShort(6);
    long packed = Integer.toUnsignedLong(head.getInt(16));
    long size = Integer.toUnsignedLong(head.getInt(20));
    long local = Integer.toUnsignedLong(head.getInt(38));
    ByteBuffer name = take(directory, Short.toUnsignedInt(head.getShort(24)));
    ByteBuffer extra = take(directory, Short.toUnsignedInt(head.getShort(26)));
    take(directory, Short.toUnsignedInt(head.getShort(28)));
    String path = StandardCharsets.UTF_8.decode(name).toString();
    if (method != 0 || (flags & 1) != 0) {
      throw problem(quoted(path) + " is compressed or encrypted; torch.save stores it as it is");
    }
    Wide wide = new Wide(extra);
    size = wide.value(size);
    packed = wide.value(packed);
    local = wide.value(local);
    if (size != packed) {
      throw problem(quoted(path) + " has " + size + " bytes, stored as " + packed);
    }
    long start = dataStart(channel, path, local);
    if (size < 0 || size > channel.size() - start) {
      throw problem(quoted(path) + " has " + size + " bytes; the file ends before");
    }
    if (entries.put(path, new Entry(path, start, size)) != null) {
      throw problem(quoted(path) + " is there twice");
    }
  }

  /** The local header repeats the name, with an extra field of its own length. */
  private long dataStart(FileChannel channel, String name, long local) throws IOException {
    ByteBuffer head = bytes(channel, local, 30);
    if (head.getInt(0) != LOCAL) {
      throw problem(quoted(name) + " is not where the directory says");
    }
    return local
        + 30
        + Short.toUnsignedInt(head.getShort(26))
        + Short.toUnsignedInt(head.getShort(28));
  }

  private ByteBuffer take(ByteBuffer from, int count) {
    if (from.remaining() < count) {
      throw problem("an entry of its directory is cut off");
    }
    ByteBuffer part = from.slice(from.position(), count).order(ByteOrder.LITTLE_ENDIAN);
    from.position(from.position() + count);
    return part;
  }

  /** Values of 64 bits, in the order of the fields that have no room for them. */
  private static final class Wide {
    private final ByteBuffer values;

    Wide(ByteBuffer extra) {
      ByteBuffer found = ByteBuffer.allocate(0);
      while (extra.remaining() >= 4) {
        int id = Short.toUnsignedInt(extra.getShort());
        int length = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
        if (id == EXTRA_64) {
          found = extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        }
        extra.position(extra.position() + length);
      }
      values = found;
    }

    long value(long narrow) {
      boolean isWide = narrow == 0xffffffffL && values.remaining() >= Long.BYTES;
      return isWide ? values.getLong() : narrow;
    }
  }

  /** The paths in the archive. */
  Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw problem(quoted(name) + " is missing");
    }
    return entry;
  }

  /** All bytes of a file. */
  byte[] contents(FileChannel channel, String name, int most) throws IOException {
    Entry entry = entry(name);
    if (entry.size() > most) {
      throw problem(quoted(name) + " has " + entry.size() + " bytes; allowed: " + most);
    }
    return bytes(channel, entry.start(), (int) entry.size()).array();
  }

  private ByteBuffer bytes(FileChannel channel, long from, int count) throws IOException {
    if (from < 0 || from > channel.size() - count) {
      throw problem("it ends before byte " + from);
    }
    ByteBuffer result = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (result.hasRemaining()) {
      if (channel.read(result, from + result.position()) < 0) {
        throw problem("it was shortened");
      }
    }
    return result.flip();
  }

  private PeftException problem(String what) {
    return new PeftException(file + " is not a sound archive of torch.save: " + what + ".");
  }
}
