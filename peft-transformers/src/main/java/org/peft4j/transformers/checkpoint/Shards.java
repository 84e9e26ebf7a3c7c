package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.safetensors.SafetensorsWriter;

/**
 * The weights of a checkpoint: {@code model.safetensors}, or several files of limited size and
 * their index, divided like Hugging Face transformers' {@code save_pretrained}.
 */
final class Shards {
  private Shards() {}

  /**
   * Writes the files, one tensor in memory at a time.
   *
   * @param limit the most bytes of tensors in a file; a larger tensor gets its own file
   */
  static void write(Path folder, List<CheckpointTensor> tensors, long limit) {
    List<List<CheckpointTensor>> shards = divide(tensors, limit);
    TreeMap<String, String> places = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String name = fileName(i, shards.size());
      write(folder.resolve(name), shards.get(i));
      shards.get(i).forEach(tensor -> places.put(tensor.name(), name));
    }
    if (shards.size() > 1) {
      ObjectNode index = JsonNodeFactory.instance.objectNode();
      ObjectNode metadata = index.putObject("metadata");
      metadata.put("total_parameters", sum(tensors.stream().map(CheckpointTensor::elements)));
      metadata.put("total_size", bytes(tensors));
      places.forEach(index.putObject("weight_map")::put);
      JsonWriter.write(folder.resolve("model.safetensors.index.json"), index);
    }
  }

  private static long sum(Stream<Long> values) {
    return values.mapToLong(Long::longValue).sum();
  }

  /** The bytes of tensors. */
  static long bytes(List<CheckpointTensor> tensors) {
    return sum(tensors.stream().map(CheckpointTensor::bytes));
  }

  private static List<List<CheckpointTensor>> divide(List<CheckpointTensor> tensors, long limit) {
    List<List<CheckpointTensor>> shards = new ArrayList<>();
    List<CheckpointTensor> shard = new ArrayList<>();
    long bytes = 0;
    for (CheckpointTensor tensor : tensors) {
      if (!shard.isEmpty() && bytes + tensor.bytes() > limit) {
        shards.add(shard);
        shard = new ArrayList<>();
        bytes = 0;
      }
      shard.add(tensor);
      bytes += tensor.bytes();
    }
    shards.add(shard);
    return shards;
  }

  private static String fileName(int index, int count) {
    return count == 1
        ? "model.safetensors"
        : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", index + 1, count);
  }

  private static void write(Path file, List<CheckpointTensor> tensors) {
    SafetensorsWriter writer = SafetensorsWriter.to(file).metadata("format", "pt");
    tensors.forEach(tensor -> writer.tensor(tensor.name(), tensor.dtype(), tensor.shapeArray()));
    writer.write(
        sink -> {
          for (CheckpointTensor tensor : tensors) {
            tensor.values().writeTo(sink, tensor.name());
          }
        });
  }
}
