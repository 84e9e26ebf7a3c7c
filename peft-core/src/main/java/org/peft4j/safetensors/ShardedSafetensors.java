package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.peft4j.error.PeftException;

/**
 * A checkpoint of several safetensors files and an index. Opening it opens and checks every shard:
 * each tensor of the index is in the shard that the index names, and no shard contains another. The
 * byte ranges of {@link #tensors} count from the start of each tensor's own shard.
 */
public final class ShardedSafetensors implements TensorSource {
  private final SafetensorsIndex index;
  private final Map<String, TensorSource> shardOf;
  private final SortedMap<String, TensorInfo> tensors;

  private ShardedSafetensors(
      SafetensorsIndex index,
      Map<String, TensorSource> shardOf,
      SortedMap<String, TensorInfo> tensors) {
    this.index = index;
    this.shardOf = shardOf;
    this.tensors = Collections.unmodifiableSortedMap(tensors);
  }

  /**
   * Opens the checkpoint of an index file with the default limits.
   *
   * @throws SafetensorsException if the index or a shard cannot be read or breaks a rule
   */
  public static ShardedSafetensors open(Path indexFile) {
    return open(indexFile, SafetensorsLimits.defaults());
  }

  /** Like {@link #open(Path)}, with other limits. */
  public static ShardedSafetensors open(Path indexFile, SafetensorsLimits limits) {
    return open(indexFile, limits, ".safetensors", file -> SafetensorsFile.open(file, limits));
  }

  /**
   * Opens a checkpoint whose shards have another format.
   *
   * @param suffix the ending of the shards' names
   * @param opener opens a shard
   * @throws PeftException if the index or a shard cannot be read or breaks a rule
   */
  public static ShardedSafetensors open(
      Path indexFile,
      SafetensorsLimits limits,
      String suffix,
      Function<Path, ? extends TensorSource> opener) {
    SafetensorsIndex index = SafetensorsIndex.read(indexFile, limits, suffix);
    List<TensorSource> shards = new ArrayList<>();
    boolean opened = false;
    try {
      Map<String, TensorSource> shardOf = new HashMap<>();
      SortedMap<String, TensorInfo> tensors = new TreeMap<>();
      for (String name : new TreeSet<>(index.weightMap().values())) {
        TensorSource shard = opener.apply(indexFile.resolveSibling(name));
        shards.add(shard);
        for (TensorInfo tensor : shard.tensors().values()) {
          checkListed(index, name, tensor);
          tensors.put(tensor.name(), tensor);
          shardOf.put(tensor.name(), shard);
        }
      }
      checkPresent(index, tensors);
      opened = true;
      return new ShardedSafetensors(index, shardOf, tensors);
    } finally {
      if (!opened) {
        shards.forEach(TensorSource::close);
      }
    }
  }

  private static void checkListed(SafetensorsIndex index, String shard, TensorInfo tensor) {
    String listed = index.weightMap().get(tensor.name());
    if (!shard.equals(listed)) {
      String place = listed == null ? "does not list it" : "places it in " + quoted(listed);
      throw SafetensorsException.inTensor(
          index.path(),
          tensor.name(),
          "is in the shard " + quoted(shard) + ", but the index " + place + ".");
    }
  }

  /** No shard contains a tensor that the index does not place there, so presence is enough. */
  private static void checkPresent(SafetensorsIndex index, SortedMap<String, TensorInfo> tensors) {
    index
        .weightMap()
        .forEach(
            (tensor, shard) -> {
              if (!tensors.containsKey(tensor)) {
                throw SafetensorsException.inTensor(
                    index.path(),
                    tensor,
                    "is not in the shard " + quoted(shard) + " that the index names.");
              }
            });
  }

  /** The index of this checkpoint. */
  public SafetensorsIndex index() {
    return index;
  }

  @Override
  public Path path() {
    return index.path();
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return tensors;
  }

  /** The metadata of the index, not those of the shards. */
  @Override
  public Map<String, String> metadata() {
    return index.metadata();
  }

  @Override
  public ByteBuffer slice(String name, long byteOffset, int byteCount) {
    return shard(name).slice(name, byteOffset, byteCount);
  }

  @Override
  public void read(String name, long byteOffset, ByteBuffer target) {
    shard(name).read(name, byteOffset, target);
  }

  private TensorSource shard(String name) {
    TensorSource shard = shardOf.get(name);
    if (shard == null) {
      throw SafetensorsException.unknown(path(), name, tensors.keySet());
    }
    return shard;
  }

  @Override
  public void close() {
    shardOf.values().forEach(TensorSource::close);
  }
}
