package org.peft4j.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.peft4j.internal.WrongContent;

/**
 * Reads and checks the start of a file: {@code u64 n | n bytes of JSON | data}, little-endian.
 *
 * <p>Checks sizes before it reads the JSON, and reads the JSON as a stream, so that a file cannot
 * cause an allocation larger than its own header and the limits.
 */
final class HeaderReader {
  private static final int PREFIX_BYTES = Long.BYTES;
  private static final int CHUNK = 1 << 12;

  private HeaderReader() {}

  static Header read(Path file, FileChannel channel, SafetensorsLimits limits) throws IOException {
    long fileSize = channel.size();
    if (fileSize < PREFIX_BYTES) {
      throw SafetensorsException.inFile(
          file, "has " + fileSize + " bytes; a safetensors file starts with a header length of 8.");
    }
    requireNoOther(file, channel, fileSize);
    int headerSize = headerSize(file, channel, fileSize, limits);
    long dataStart = PREFIX_BYTES + (long) headerSize;
    if (!beginsObject(channel, dataStart)) {
      throw SafetensorsException.inFile(file, "the header must start with '{'.");
    }
    ChannelStream stream = new ChannelStream(channel, PREFIX_BYTES, dataStart);
    HeaderJson.Content content = HeaderJson.parse(file, stream, limits);
    List<TensorInfo> inDataOrder = new ArrayList<>(content.tensors().values());
    inDataOrder.sort(
        Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    checkCoverage(file, inDataOrder, fileSize - dataStart);
    return new Header(List.copyOf(inDataOrder), content.metadata(), dataStart);
  }

  private static void requireNoOther(Path file, FileChannel channel, long fileSize)
      throws IOException {
    int count = (int) Math.min(WrongContent.BYTES, fileSize);
    Optional<String> other = WrongContent.of(readFully(channel, 0, count).array());
    if (other.isPresent()) {
      throw SafetensorsException.inFile(file, "no safetensors file. " + other.get());
    }
  }

  /** Whether the first character that is not JSON's white space opens an object. */
  private static boolean beginsObject(FileChannel channel, long dataStart) throws IOException {
    for (long at = PREFIX_BYTES; at < dataStart; at += CHUNK) {
      ByteBuffer bytes = readFully(channel, at, (int) Math.min(CHUNK, dataStart - at));
      while (bytes.hasRemaining()) {
        byte next = bytes.get();
        if (next != ' ' && next != '\t' && next != '\n' && next != '\r') {
          return next == '{';
        }
      }
    }
    return false;
  }

  private static int headerSize(
      Path file, FileChannel channel, long fileSize, SafetensorsLimits limits) throws IOException {
    long size = readFully(channel, 0, PREFIX_BYTES).getLong();
    String text = Long.toUnsignedString(size);
    if (Long.compareUnsigned(size, limits.maxHeaderBytes()) > 0) {
      throw Limit.exceeded(
          file, "the header length", text, limits.maxHeaderBytes(), "maxHeaderBytes");
    }
    if (size > fileSize - PREFIX_BYTES) {
      throw SafetensorsException.inFile(
          file,
          "the header length is "
              + text
              + ", but only "
              + (fileSize - PREFIX_BYTES)
              + " bytes follow it; the file is truncated or not a safetensors file.");
    }
    if (size < 2) {
      throw SafetensorsException.inFile(
          file, "the header length is " + text + "; the shortest header, {}, has 2 bytes.");
    }
    return (int) size;
  }

  /** Checks that the tensors, in data order, cover the data exactly. */
  private static void checkCoverage(Path file, List<TensorInfo> inDataOrder, long dataSize) {
    long covered = 0;
    for (TensorInfo tensor : inDataOrder) {
      if (tensor.begin() != covered) {
        String what = tensor.begin() < covered ? "overlaps the tensor before it" : "leaves a hole";
        throw SafetensorsException.inTensor(
            file,
            tensor.name(),
            "begins at " + tensor.begin() + " and " + what + ", which ends at " + covered + ".");
      }
      if (tensor.end() > dataSize) {
        throw SafetensorsException.inTensor(
            file,
            tensor.name(),
            "ends at "
                + tensor.end()
                + ", but the file holds only "
                + dataSize
                + " bytes of data; it is truncated or damaged.");
      }
      covered = tensor.end();
    }
    if (covered != dataSize) {
      throw SafetensorsException.inFile(
          file,
          "the tensors end at " + covered + ", but the file holds " + dataSize + " bytes of data.");
    }
  }

  private static ByteBuffer readFully(FileChannel channel, long position, int count)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("it became shorter during reading");
      }
    }
    return buffer.flip();
  }
}
