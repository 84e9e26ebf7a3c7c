package org.peft4j.internal.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

/** JSON files are written indented and replaced as a whole. */
class JsonWriterTest {
  record Point(int x, List<String> names) {}

  @Test
  void fieldsKeepTheirOrder() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("z", 1);
    map.put("a", List.of(1.5, true));
    assertThat(JsonWriter.text(map).replaceAll("\\s+", " "))
        .isEqualTo("{ \"z\" : 1, \"a\" : [ 1.5, true ] }");
  }

  @Test
  void whatIsWrittenIsReadAgain(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("point.json");
    Point point = new Point(3, List.of("ä", "\"quoted\"\n"));
    JsonWriter.write(file, new Point(1, List.of("a much longer name than the next one has")));
    JsonWriter.write(file, point);

    assertThat(JsonReader.upTo(1000, 100).read(file, Point.class)).isEqualTo(point);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void whatIsNoJsonIsAnErrorOfTheCaller() {
    assertThatThrownBy(() -> JsonWriter.text(new Object()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Not JSON: class java.lang.Object");
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("inside"), "kept");
    assertThatThrownBy(() -> JsonWriter.write(folder, 1))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(folder.toString());
    assertThat(folder.resolve("inside")).hasContent("kept");
  }
}
