package org.peft4j.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One safetensors file, completely checked and mapped on opening. Do not change it in place while
 * views of it are in use; replacing it by a rename is harmless.
 *
 * <pre>{@code
 * try (SafetensorsFile file = SafetensorsFile.open(path)) {
 *   TensorInfo info = file.tensor("lm_head.weight");
 *   float[] weights = new float[Math.toIntExact(info.elementCount())];
 *   file.readFloats(info.name(), 0, weights, 0, weights.length);
 * }
 * }</pre>
 */
public final class SafetensorsFile implements TensorSource {
  private final Path path;
  private final SortedMap<String, TensorInfo> tensors;
  private final Map<String, String> metadata;
  private final FileChannel channel;
  private final long dataStart;
  private volatile @Nullable MappedData data;

  private SafetensorsFile(Path path, Header header, FileChannel channel, MappedData data) {
    SortedMap<String, TensorInfo> byName = new TreeMap<>();
    header.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
    this.path = path;
    this.tensors = Collections.unmodifiableSortedMap(byName);
    this.metadata = header.metadata();
    this.channel = channel;
    this.dataStart = header.dataStart();
    this.data = data;
  }

  /**
   * Opens a file with the default limits.
   *
   * @throws SafetensorsException if it cannot be read, exceeds a limit or breaks a rule of the
   *     format
   */
  public static SafetensorsFile open(Path file) {
    return open(file, SafetensorsLimits.defaults());
  }

  /** Like {@link #open(Path)}, with other limits. */
  public static SafetensorsFile open(Path file, SafetensorsLimits limits) {
    if (!Files.isRegularFile(file)) {
      String problem = Files.exists(file) ? "is not a regular file." : "there is no such file.";
      throw SafetensorsException.inFile(file, problem);
    }
    try {
      return open(file, FileChannel.open(file, StandardOpenOption.READ), limits);
    } catch (IOException e) {
      throw SafetensorsException.inFile(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static SafetensorsFile open(Path file, FileChannel channel, SafetensorsLimits limits)
      throws IOException {
    boolean opened = false;
    try {
      Header header = HeaderReader.read(file, channel, limits);
      MappedData data = MappedData.map(channel, header);
      opened = true;
      return new SafetensorsFile(file, header, channel, data);
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public ByteBuffer slice(String name, long byteOffset, int byteCount) {
    TensorInfo info = checked(name, byteOffset, byteCount);
    if (byteCount > MappedData.MAX_SLICE && info.byteCount() > Integer.MAX_VALUE) {
      throw SafetensorsException.inTensor(
          path,
          name,
          "a slice of "
              + byteCount
              + " bytes is too long for so large a tensor; take at most 2^30.");
    }
    return requireOpen().slice(info.begin() + byteOffset, byteCount);
  }

  private MappedData requireOpen() {
    MappedData open = data;
    if (open == null) {
      throw SafetensorsException.inFile(path, "is closed; read tensors before closing it.");
    }
    return open;
  }

  @Override
  public void read(String name, long byteOffset, ByteBuffer target) {
    TensorInfo info = checked(name, byteOffset, target.remaining());
    requireOpen();
    long position = dataStart + info.begin() + byteOffset;
    try {
      while (target.hasRemaining()) {
        int count = channel.read(target, position);
        if (count < 0) {
          throw SafetensorsException.inTensor(path, name, "is cut off: the file was shortened.");
        }
        position += count;
      }
    } catch (IOException e) {
      throw SafetensorsException.inFile(path, "cannot be read: " + e, e);
    }
  }

  private TensorInfo checked(String name, long byteOffset, int byteCount) {
    TensorInfo info = tensor(name);
    if (byteOffset < 0 || byteCount < 0 || byteCount > info.byteCount() - byteOffset) {
      throw SafetensorsException.inTensor(
          path,
          name,
          "has "
              + info.byteCount()
              + " bytes; "
              + byteCount
              + " from "
              + byteOffset
              + " on are not all there.");
    }
    return info;
  }

  @Override
  public void close() {
    data = null;
    try {
      channel.close();
    } catch (IOException e) {
      throw SafetensorsException.inFile(path, "cannot be closed: " + e, e);
    }
  }
}
