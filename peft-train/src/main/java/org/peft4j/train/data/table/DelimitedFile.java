package org.peft4j.train.data.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.csv.CsvFactory;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.train.internal.text.TextLines;
import org.peft4j.train.internal.text.Utf8File;

/**
 * A table: a header, then rows of as many values (RFC 4180). A value in double quotes may hold
 * separators, line feeds and doubled quotes. Empty lines are ignored.
 *
 * @param separator between values
 */
record DelimitedFile(Path file, Columns columns, char separator) implements TableReader {
  private static final CsvFactory FACTORY =
      CsvFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(TextLines.MAX_LINE).build())
          .enable(CsvParser.Feature.WRAP_AS_ARRAY)
          .build();

  /** The values of an empty line. */
  private static final List<String> EMPTY = List.of("");

  @Override
  public void forEach(Consumer<Row> consumer) {
    try (Reader reader = Utf8File.reader(file);
        CsvParser parser = FACTORY.createParser(reader)) {
      parser.setSchema(CsvSchema.emptySchema().withColumnSeparator(separator));
      parser.nextToken();
      List<String> header = values(parser);
      if (header == null) {
        return;
      }
      requireDistinct(header);
      for (int line = line(parser); ; line = line(parser)) {
        List<String> values = values(parser);
        if (values == null) {
          return;
        }
        if (!values.equals(EMPTY)) {
          consumer.accept(row(new Place(file, line, 0, header), values));
        }
      }
    } catch (CharacterCodingException e) {
      throw Utf8File.notUtf8(file, e);
    } catch (JsonProcessingException e) {
      throw new PeftException(
          "%s, line %d, column %d: %s."
              .formatted(
                  file,
                  e.getLocation().getLineNr(),
                  e.getLocation().getColumnNr(),
                  e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw Utf8File.failure(file, e);
    }
  }

  /** The line that the next row begins on. */
  private static int line(CsvParser parser) {
    return parser.currentLocation().getLineNr();
  }

  /** The next row; null at the end. */
  private static @Nullable List<String> values(CsvParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_ARRAY) {
      return null;
    }
    List<String> values = new ArrayList<>();
    while (parser.nextToken() == JsonToken.VALUE_STRING) {
      values.add(parser.getText());
    }
    return values;
  }

  private void requireDistinct(List<String> header) {
    HashSet<String> seen = new HashSet<>();
    for (int i = 0; i < header.size(); i++) {
      if (!seen.add(header.get(i))) {
        throw new PeftException(
            "%s, line 1, column %d: %s is there twice; give each column a name of its own."
                .formatted(file, i + 1, Quoted.quoted(header.get(i))));
      }
    }
  }

  private Row row(Place place, List<String> values) {
    List<String> header = place.header();
    if (values.size() != header.size()) {
      throw new PeftException(
          "%s has %d values; needed: %d, as the header has. Put a value that holds a separator in double quotes."
              .formatted(place, values.size(), header.size()));
    }
    Map<String, JsonNode> cells = new LinkedHashMap<>();
    for (int i = 0; i < values.size(); i++) {
      cells.put(header.get(i), TextNode.valueOf(values.get(i)));
    }
    return new Row(place, columns, cells);
  }
}
