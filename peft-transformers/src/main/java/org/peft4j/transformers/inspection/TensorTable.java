package org.peft4j.transformers.inspection;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.peft4j.internal.LayerNumbers;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * The tensors of a file, or of several files with an index.
 *
 * @param file the file, or the index
 * @param tensors all of them, sorted by name
 * @param metadata the file's metadata
 */
public record TensorTable(Path file, List<TensorInfo> tensors, Map<String, String> metadata) {
  private static final int MAX_NOTE = 80;

  public TensorTable {
    tensors = List.copyOf(tensors);
    metadata = java.util.Collections.unmodifiableMap(new TreeMap<>(metadata));
  }

  static TensorTable read(Path path) {
    try (TensorSource source = WeightFiles.open(path)) {
      return new TensorTable(
          source.path(), List.copyOf(source.tensors().values()), source.metadata());
    }
  }

  /** The number of elements of all tensors. */
  public long elements() {
    return tensors.stream().mapToLong(TensorInfo::elementCount).sum();
  }

  /** The number of bytes of all tensors. */
  public long bytes() {
    return tensors.stream().mapToLong(TensorInfo::byteCount).sum();
  }

  /**
   * A line for each tensor; tensors that differ only in their layer's number share a line, with a *
   * for the number.
   */
  public String text() {
    TextTable table = new TextTable("tensor", "type", "shape", "count", "elements");
    groups()
        .forEach(
            (line, group) -> {
              TensorInfo first = group.get(0);
              long elements = group.stream().mapToLong(TensorInfo::elementCount).sum();
              table.row(
                  group.size() == 1 ? first.name() : line.name(),
                  first.dtype().name(),
                  first.shape().toString(),
                  TextTable.number(group.size()),
                  TextTable.number(elements));
            });
    StringBuilder text = new StringBuilder(table.text());
    text.append(
        String.format(
            "total: %s tensors, %s elements, %s bytes%n",
            TextTable.number(tensors.size()),
            TextTable.number(elements()),
            TextTable.number(bytes())));
    metadata.forEach(
        (key, value) ->
            text.append("metadata ")
                .append(note(key))
                .append(": ")
                .append(note(value))
                .append('\n'));
    return text.toString();
  }

  private record Line(String name, String type, List<Long> shape) {}

  private Map<Line, List<TensorInfo>> groups() {
    Map<Line, List<TensorInfo>> groups = new LinkedHashMap<>();
    SortedMap<String, TensorInfo> byName = new TreeMap<>(NumberOrder.INSTANCE);
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    for (TensorInfo tensor : byName.values()) {
      String name = LayerNumbers.starred(tensor.name());
      groups
          .computeIfAbsent(
              new Line(name, tensor.dtype().name(), tensor.shape()),
              line -> new java.util.ArrayList<>())
          .add(tensor);
    }
    return groups;
  }

  private static String note(String value) {
    String plain = value.replaceAll("\\p{Cntrl}", " ");
    return plain.length() <= MAX_NOTE ? plain : plain.substring(0, MAX_NOTE) + "…";
  }
}
