package org.peft4j.train.data.table;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.train.internal.text.TextLines;

/** A file with an object on each line; empty lines are ignored. */
record JsonLinesFile(Path file, Columns columns) implements TableReader {
  private static final JsonReader JSON =
      JsonReader.upTo(4 * TextLines.MAX_LINE, TextLines.MAX_LINE);

  @Override
  public void forEach(Consumer<Row> consumer) {
    TextLines.forEach(
        file,
        (number, line) -> {
          if (!line.isBlank()) {
            Place place = Place.line(file, number);
            if (!(JSON.parse(line, place.toString()) instanceof ObjectNode object)) {
              throw new PeftException(
                  place + " is not a JSON object: " + Quoted.quoted(line) + ".");
            }
            consumer.accept(Row.of(place, columns, object));
          }
        });
  }

  @Override
  public String rowName() {
    return "line with an object";
  }
}
