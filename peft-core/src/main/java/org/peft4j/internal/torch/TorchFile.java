package org.peft4j.internal.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * The tensors of a file that {@code torch.save} wrote from a state dict. Everything in it is
 * checked on opening, except the elements. Tensors in row-major order are mapped; others,
 * transposed ones, are copied as they are asked for.
 */
public final class TorchFile implements TensorSource {
  /** The longest pickle, in bytes: some 50,000 tensors. */
  static final int MAX_PICKLE = 16 << 20;

  private static final int ZIP = 0x04034b50;
  private static final int WINDOW = 1 << 30;

  private final Path path;
  private final FileChannel channel;
  private final SortedMap<String, StoredTensor> stored;
  private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
  private final List<ByteBuffer> windows;
  private volatile boolean closed;

  private TorchFile(
      Path path,
      FileChannel channel,
      SortedMap<String, StoredTensor> stored,
      List<ByteBuffer> windows) {
    this.path = path;
    this.channel = channel;
    this.stored = stored;
    this.windows = windows;
    stored.forEach((name, tensor) -> tensors.put(name, tensor.info()));
  }

  /**
   * Opens a file.
   *
   * @throws PeftException if it cannot be read, is not of {@code torch.save}, or holds anything but
   *     tensors by name
   */
  public static TorchFile open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new PeftException(
          file + (Files.exists(file) ? " is not a regular file." : ": there is no such file."));
    }
    try {
      return open(file, FileChannel.open(file, StandardOpenOption.READ));
    } catch (IOException e) {
      throw new PeftException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static TorchFile open(Path file, FileChannel channel) throws IOException {
    boolean opened = false;
    try {
      Container container =
          isZip(channel) ? ZipContainer.read(file, channel) : LegacyContainer.read(file, channel);
      TorchFile result =
          new TorchFile(file, channel, StateDict.read(file, container), map(channel));
      opened = true;
      return result;
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  private static boolean isZip(FileChannel channel) throws IOException {
    ByteBuffer first = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    channel.read(first, 0);
    return !first.hasRemaining() && first.getInt(0) == ZIP;
  }

  /** A window every GiB, each of up to 2 GiB: one of them has any GiB of the file. */
  private static List<ByteBuffer> map(FileChannel channel) throws IOException {
    List<ByteBuffer> windows = new ArrayList<>();
    for (long from = 0; from < channel.size(); from += WINDOW) {
      long size = Math.min(Integer.MAX_VALUE, channel.size() - from);
      windows.add(channel.map(MapMode.READ_ONLY, from, size));
    }
    return windows;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSortedMap(tensors);
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public ByteBuffer slice(String name, long byteOffset, int byteCount) {
    StoredTensor tensor = checked(name, byteOffset, byteCount);
    if (tensor.rowMajor()) {
      return bytes(tensor.info().begin() + byteOffset, byteCount);
    }
    ByteBuffer copy = ByteBuffer.allocateDirect(byteCount);
    tensor.gather(byteOffset, this::bytes, copy);
    return copy.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void read(String name, long byteOffset, ByteBuffer target) {
    StoredTensor tensor = checked(name, byteOffset, target.remaining());
    if (!tensor.rowMajor()) {
      tensor.gather(byteOffset, this::bytes, target);
      return;
    }
    try {
      long position = tensor.info().begin() + byteOffset;
      while (target.hasRemaining()) {
        int count = channel.read(target, position);
        if (count < 0) {
          throw new PeftException(path + ": tensor " + name + " is cut off.");
        }
        position += count;
      }
    } catch (IOException e) {
      throw new PeftException(path + " cannot be read: " + e, e);
    }
  }

  private StoredTensor checked(String name, long byteOffset, int byteCount) {
    TensorInfo info = tensor(name);
    if (closed) {
      throw new PeftException(path + " is closed; read tensors before closing it.");
    }
    if (byteOffset < 0 || byteCount < 0 || byteCount > info.byteCount() - byteOffset) {
      throw new PeftException(
          path
              + ": tensor "
              + name
              + " has "
              + info.byteCount()
              + " bytes; "
              + byteCount
              + " from "
              + byteOffset
              + " on are not all there.");
    }
    StoredTensor found = stored.get(name);
    if (found == null) {
      throw new IllegalStateException("no tensor " + name);
    }
    return found;
  }

  private ByteBuffer bytes(long position, int count) {
    if (count == 0) {
      return ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    int window = (int) (position / WINDOW);
    int from = (int) (position % WINDOW);
    ByteBuffer mapped = windows.get(window);
    if (count <= mapped.capacity() - from) {
      return mapped.slice(from, count).order(ByteOrder.LITTLE_ENDIAN);
    }
    try {
      return channel.map(MapMode.READ_ONLY, position, count).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new PeftException(path + " cannot be read: " + e, e);
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      throw new PeftException(path + " cannot be closed: " + e, e);
    }
  }
}
