package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;

/**
 * Writes a safetensors file: first declare every tensor, then stream the data. The file appears
 * under its name only when all of it is on disk; until then, and after any failure, an older file
 * of that name does not change.
 *
 * <pre>{@code
 * SafetensorsWriter.to(path)
 *     .metadata("format", "pt")
 *     .tensor("lora_A.weight", DType.F32, 8, 64)
 *     .write(sink -> sink.writeFloats("lora_A.weight", values, 0, 8 * 64));
 * }</pre>
 *
 * <p>The file has the tensors in the order of the reference implementation, by type and then by
 * name, whatever the order of declaration.
 */
public final class SafetensorsWriter {

  /** Writes the data of every declared tensor. */
  @FunctionalInterface
  public interface Data {
    /**
     * Writes to {@code sink}. After an exception nothing is saved; an unchecked one reaches the
     * caller.
     *
     * @throws IOException if the disk fails or is full
     */
    void writeTo(TensorSink sink) throws IOException;
  }

  private static final Comparator<TensorInfo> FILE_ORDER =
      Comparator.comparing(TensorInfo::dtype)
          .reversed()
          .thenComparing(TensorInfo::name, Names.ORDER);

  private final Path target;
  private final SafetensorsLimits limits = SafetensorsLimits.defaults();
  private final Map<String, TensorInfo> declared = new LinkedHashMap<>();
  private final SortedMap<String, String> metadata = new TreeMap<>(Names.ORDER);

  private SafetensorsWriter(Path target) {
    this.target = target;
  }

  /** Starts the declaration of a file, which will be created or replaced. */
  public static SafetensorsWriter to(Path file) {
    return new SafetensorsWriter(file);
  }

  /**
   * Adds or replaces a metadata entry, such as {@code format=pt}.
   *
   * @throws SafetensorsException if the key is empty or not well-formed text
   */
  public SafetensorsWriter metadata(String key, String value) {
    Names.check(target, key, limits);
    Limit.check(
        target,
        metadata.size(),
        "metadata entries",
        limits.maxMetadataEntries(),
        "maxMetadataEntries");
    metadata.put(key, value);
    return this;
  }

  /**
   * Declares a tensor; no dimension makes it a scalar.
   *
   * @throws SafetensorsException if the name is taken, empty, reserved or not well-formed text, or
   *     the shape is negative, too large or of too high a rank
   */
  public SafetensorsWriter tensor(String name, DType dtype, long... shape) {
    Names.check(target, name, limits);
    Limit.check(target, declared.size(), "tensors", limits.maxTensors(), "maxTensors");
    Limit.check(target, shape.length - 1, "dimensions", limits.maxRank(), "maxRank");
    if (name.equals(Names.METADATA)) {
      throw SafetensorsException.inFile(
          target, quoted(name) + " is reserved; use metadata(key, value).");
    }
    if (declared.putIfAbsent(name, info(name, dtype, Arrays.stream(shape).boxed().toList()))
        != null) {
      throw SafetensorsException.inTensor(target, name, "declared twice; names must be unique.");
    }
    return this;
  }

  /**
   * Writes the file.
   *
   * @throws SafetensorsException if a tensor did not get exactly its declared data
   * @throws PeftException if the file cannot be written, with the path and the reason
   */
  public void write(Data data) {
    List<TensorInfo> layout = layout();
    ByteBuffer header = HeaderWriter.encode(target, layout, metadata, limits);
    long dataStart = header.remaining();
    AtomicFile.write(
        target,
        channel -> {
          while (header.hasRemaining()) {
            channel.write(header);
          }
          TensorSink sink = new TensorSink(target, channel, dataStart, layout);
          data.writeTo(sink);
          sink.finish();
        });
  }

  /** The size of the file that {@link #write} would write now. */
  public long byteCount() {
    List<TensorInfo> layout = layout();
    long data = layout.isEmpty() ? 0 : layout.get(layout.size() - 1).end();
    return HeaderWriter.encode(target, layout, metadata, limits).remaining() + data;
  }

  private TensorInfo info(String name, DType dtype, List<Long> shape) {
    try {
      return new TensorInfo(name, dtype, shape, 0, TensorInfo.byteCount(dtype, shape));
    } catch (PeftException e) {
      throw SafetensorsException.inTensor(target, name, String.valueOf(e.getMessage()));
    }
  }

  private List<TensorInfo> layout() {
    List<TensorInfo> sorted = new ArrayList<>(declared.values());
    sorted.sort(FILE_ORDER);
    long end = 0;
    for (int i = 0; i < sorted.size(); i++) {
      TensorInfo tensor = sorted.get(i);
      long begin = end;
      try {
        end = Math.addExact(begin, tensor.byteCount());
      } catch (ArithmeticException e) {
        throw SafetensorsException.inFile(target, "the tensors have more than 2^63 - 1 bytes.", e);
      }
      sorted.set(i, new TensorInfo(tensor.name(), tensor.dtype(), tensor.shape(), begin, end));
    }
    return List.copyOf(sorted);
  }
}
