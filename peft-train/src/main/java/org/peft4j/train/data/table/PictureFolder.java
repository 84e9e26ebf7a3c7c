package org.peft4j.train.data.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.train.internal.text.Utf8File;

/**
 * A folder of pictures. If it has a {@code metadata.jsonl} or {@code metadata.csv}, its rows are
 * those of that file, with {@code file_name}. Else each picture is a row, in the order of names: in
 * a folder of folders with its folder as {@code label}; and where a text file of the same name lies
 * beside it, that as {@code text}.
 */
record PictureFolder(Path folder, Columns columns) implements TableReader {
  /** Files that are meant to be pictures, so that one that cannot be read is named. */
  private static final List<String> ENDS =
      List.of(".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff");

  private static final List<String> METADATA = List.of("metadata.jsonl", "metadata.csv");

  /** The reader of a folder: of its metadata if it has some. */
  static TableReader of(Path folder, Columns columns) {
    Optional<Path> metadata =
        METADATA.stream().map(folder::resolve).filter(Files::exists).findFirst();
    if (metadata.isEmpty()) {
      return new PictureFolder(folder, columns);
    }
    return metadata.get().endsWith(METADATA.get(0))
        ? new JsonLinesFile(metadata.get(), columns)
        : new DelimitedFile(metadata.get(), columns, ',');
  }

  @Override
  public void forEach(Consumer<Row> consumer) {
    for (Path entry : sorted(folder)) {
      if (Files.isDirectory(entry)) {
        for (Path picture : sorted(entry)) {
          give(picture, Optional.of(String.valueOf(entry.getFileName())), consumer);
        }
      } else {
        give(entry, Optional.empty(), consumer);
      }
    }
  }

  private void give(Path picture, Optional<String> label, Consumer<Row> consumer) {
    String name = String.valueOf(picture.getFileName());
    if (ENDS.stream().noneMatch(name.toLowerCase(Locale.ROOT)::endsWith)) {
      return;
    }
    Map<String, JsonNode> values = new LinkedHashMap<>();
    values.put("file_name", TextNode.valueOf(label.map(each -> each + "/").orElse("") + name));
    label.ifPresent(each -> values.put("label", TextNode.valueOf(each)));
    Path text = picture.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".txt");
    if (Files.exists(text)) {
      values.put("text", TextNode.valueOf(Utf8File.read(text).strip()));
    }
    consumer.accept(new Row(Place.of(picture), columns, values));
  }

  /** What is in a folder, without what is hidden. */
  private static List<Path> sorted(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> !String.valueOf(entry.getFileName()).startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new PeftException("Cannot list " + folder + ": " + e, e);
    }
  }

  @Override
  public String rowName() {
    return "picture";
  }
}
