package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The index of a sharded checkpoint, {@code model.safetensors.index.json}: which file contains
 * which tensor.
 *
 * @param path the index file
 * @param weightMap the shard's file name by tensor name; every shard is in the index's folder
 * @param metadata entries such as {@code total_size}; values as text
 */
public record SafetensorsIndex(
    Path path, SortedMap<String, String> weightMap, SortedMap<String, String> metadata) {
  private static final String SUFFIX = ".safetensors";

  /** Copies the maps. */
  public SafetensorsIndex {
    weightMap = Collections.unmodifiableSortedMap(new TreeMap<>(weightMap));
    metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
  }

  /**
   * Reads an index. It must be an object with {@code weight_map} and at most {@code metadata}, and
   * name plain {@code .safetensors} files, so that it cannot point outside its folder.
   *
   * @throws SafetensorsException if it cannot be read, exceeds a limit or breaks a rule
   */
  public static SafetensorsIndex read(Path file, SafetensorsLimits limits) {
    return read(file, limits, SUFFIX);
  }

  /** The same, with another ending of the files' names. */
  static SafetensorsIndex read(Path file, SafetensorsLimits limits, String suffix) {
    if (!Files.isRegularFile(file)) {
      throw SafetensorsException.inFile(file, "there is no such file.");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size > limits.maxHeaderBytes()) {
        throw Limit.exceeded(
            file,
            "the length of the index",
            Long.toString(size),
            limits.maxHeaderBytes(),
            "maxHeaderBytes");
      }
      try (StrictJson json = new StrictJson(file, new ChannelStream(channel, 0, size), limits)) {
        return parse(file, json, limits, suffix);
      }
    } catch (IOException e) {
      throw SafetensorsException.inFile(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static SafetensorsIndex parse(
      Path file, StrictJson json, SafetensorsLimits limits, String suffix) {
    SortedMap<String, String> weightMap = null;
    SortedMap<String, String> metadata = null;
    json.beginObject(() -> "the index");
    while (json.nextName()) {
      String field = json.name();
      if (field.equals("weight_map") && weightMap == null) {
        weightMap = weightMap(file, json, limits, suffix);
      } else if (field.equals("metadata") && metadata == null) {
        metadata = metadata(file, json, limits);
      } else {
        throw SafetensorsException.inFile(
            file,
            "unknown or repeated field "
                + quoted(field)
                + "; allowed are weight_map and metadata, once.");
      }
    }
    json.end();
    if (weightMap == null) {
      throw SafetensorsException.inFile(file, "field weight_map is missing.");
    }
    return new SafetensorsIndex(file, weightMap, metadata == null ? new TreeMap<>() : metadata);
  }

  private static SortedMap<String, String> weightMap(
      Path file, StrictJson json, SafetensorsLimits limits, String suffix) {
    SortedMap<String, String> map = new TreeMap<>();
    json.beginObject(() -> "weight_map");
    while (json.nextName()) {
      String tensor = json.name();
      Limit.check(file, map.size(), "tensors", limits.maxTensors(), "maxTensors");
      String shard = json.string(() -> "the shard of tensor " + quoted(tensor));
      if (!isPlainName(shard, suffix)) {
        throw SafetensorsException.inTensor(
            file,
            tensor,
            "the shard "
                + quoted(shard)
                + " must be the plain name of a "
                + suffix
                + " file in the index's folder.");
      }
      if (map.putIfAbsent(tensor, shard) != null) {
        throw SafetensorsException.inTensor(file, tensor, "named twice; names must be unique.");
      }
    }
    return map;
  }

  private static SortedMap<String, String> metadata(
      Path file, StrictJson json, SafetensorsLimits limits) {
    SortedMap<String, String> map = new TreeMap<>();
    json.beginObject(() -> "metadata");
    while (json.nextName()) {
      String key = json.name();
      Limit.check(
          file, map.size(), "metadata entries", limits.maxMetadataEntries(), "maxMetadataEntries");
      if (map.putIfAbsent(key, json.scalar(() -> "the metadata value of " + quoted(key))) != null) {
        throw SafetensorsException.inFile(
            file, "metadata names " + quoted(key) + " twice; names must be unique.");
      }
    }
    return map;
  }

  private static boolean isPlainName(String name, String suffix) {
    return name.endsWith(suffix)
        && !name.startsWith(".")
        && name.chars()
            .noneMatch(c -> c == '/' || c == '\\' || c == ':' || Character.isISOControl(c));
  }
}
