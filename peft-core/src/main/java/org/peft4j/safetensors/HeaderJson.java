package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * The JSON of a header: tensor names, each with exactly {@code dtype}, {@code shape} and {@code
 * data_offsets}, and optionally {@code __metadata__}, a map of strings.
 */
final class HeaderJson {

  /** The header's content, each tensor consistent in itself; both maps in file order. */
  record Content(Map<String, TensorInfo> tensors, Map<String, String> metadata) {}

  private final Path file;
  private final SafetensorsLimits limits;
  private final StrictJson json;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private HeaderJson(Path file, SafetensorsLimits limits, StrictJson json) {
    this.file = file;
    this.limits = limits;
    this.json = json;
  }

  static Content parse(Path file, InputStream utf8, SafetensorsLimits limits) {
    try (StrictJson json = new StrictJson(file, utf8, limits)) {
      return new HeaderJson(file, limits, json).content();
    }
  }

  private Content content() {
    boolean metadataSeen = false;
    json.beginObject(() -> "the header");
    while (json.nextName()) {
      String name = json.name();
      if (!name.equals(Names.METADATA)) {
        tensor(name);
      } else if (metadataSeen) {
        throw SafetensorsException.inFile(file, "the header names __metadata__ twice.");
      } else {
        metadataSeen = true;
        metadata();
      }
    }
    json.end();
    return new Content(tensors, Collections.unmodifiableMap(metadata));
  }

  private void metadata() {
    json.beginObject(() -> Names.METADATA);
    while (json.nextName()) {
      String key = json.name();
      Limit.check(
          file,
          metadata.size(),
          "metadata entries",
          limits.maxMetadataEntries(),
          "maxMetadataEntries");
      if (metadata.putIfAbsent(key, json.string(() -> "the metadata value of " + quoted(key)))
          != null) {
        throw SafetensorsException.inFile(
            file, "__metadata__ names " + quoted(key) + " twice; names must be unique.");
      }
    }
  }

  private void tensor(String name) {
    Limit.check(file, tensors.size(), "tensors", limits.maxTensors(), "maxTensors");
    if (tensors.containsKey(name)) {
      throw SafetensorsException.inTensor(file, name, "named twice; names must be unique.");
    }
    String dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    json.beginObject(() -> "the entry of tensor " + quoted(name));
    while (json.nextName()) {
      String field = json.name();
      Supplier<String> what = () -> field + " of tensor " + quoted(name);
      switch (field) {
        case "dtype" -> dtype = once(name, field, dtype, json.string(what));
        case "shape" -> shape = once(name, field, shape, json.sizes(what));
        case "data_offsets" -> offsets = once(name, field, offsets, json.sizes(what));
        default ->
            throw SafetensorsException.inTensor(
                file,
                name,
                "unknown field " + quoted(field) + "; allowed are dtype, shape and data_offsets.");
      }
    }
    tensors.put(
        name,
        checked(
            name,
            present(name, "dtype", dtype),
            present(name, "shape", shape),
            present(name, "data_offsets", offsets)));
  }

  private TensorInfo checked(String name, String dtype, List<Long> shape, List<Long> offsets) {
    if (offsets.size() != 2) {
      throw SafetensorsException.inTensor(
          file, name, "data_offsets " + offsets + " must be two numbers, begin and end.");
    }
    try {
      return new TensorInfo(name, DType.named(dtype), shape, offsets.get(0), offsets.get(1));
    } catch (PeftException e) {
      throw SafetensorsException.inTensor(file, name, String.valueOf(e.getMessage()));
    }
  }

  private <T> T once(String tensor, String field, @Nullable T before, T now) {
    if (before != null) {
      throw SafetensorsException.inTensor(file, tensor, "field " + field + " is given twice.");
    }
    return now;
  }

  private <T> T present(String tensor, String field, @Nullable T value) {
    if (value == null) {
      throw SafetensorsException.inTensor(file, tensor, "field " + field + " is missing.");
    }
    return value;
  }
}
