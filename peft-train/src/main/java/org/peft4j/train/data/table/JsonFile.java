package org.peft4j.train.data.table;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.peft4j.train.internal.text.TextLines;
import org.peft4j.train.internal.text.Utf8File;

/**
 * A file with a list of objects; or with an object whose field {@code data} is such a list, or
 * SQuAD's articles. It is read one object, or one paragraph, at a time.
 */
record JsonFile(Path file, Columns columns) implements TableReader {
  private static final int MAX_DEPTH = 64;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(TextLines.MAX_LINE)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(com.fasterxml.jackson.core.JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .build())
          .build();

  @Override
  public void forEach(Consumer<Row> consumer) {
    try (Reader reader = Utf8File.reader(file);
        JsonParser parser = JSON.createParser(reader)) {
      JsonToken first = parser.nextToken();
      if (first == JsonToken.START_OBJECT) {
        wrapped(parser, consumer);
      } else {
        list(parser, consumer);
      }
      if (parser.nextToken() != null) {
        throw place(parser).problem("is behind the end of the JSON value; leave it out.");
      }
    } catch (CharacterCodingException e) {
      throw Utf8File.notUtf8(file, e);
    } catch (JsonProcessingException e) {
      throw place(e.getLocation()).problem("is not valid JSON: " + e.getOriginalMessage() + ".");
    } catch (IOException e) {
      throw Utf8File.failure(file, e);
    }
  }

  private Place place(JsonParser parser) {
    return place(parser.currentTokenLocation());
  }

  private Place place(JsonLocation location) {
    return Place.of(file, location.getLineNr(), location.getColumnNr());
  }

  /** The list in {@code data}; other fields of the object are skipped. */
  private void wrapped(JsonParser parser, Consumer<Row> consumer) throws IOException {
    Place start = place(parser);
    boolean found = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean data = parser.currentName().equals("data");
      parser.nextToken();
      if (data) {
        found = true;
        list(parser, consumer);
      } else {
        parser.skipChildren();
      }
    }
    if (!found) {
      throw start.problem(
          "is an object without a list \"data\"; allowed: a list of objects, or SQuAD's form. Name"
              + " a file with an object on each line .jsonl.");
    }
  }

  private void list(JsonParser parser, Consumer<Row> consumer) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw place(parser).problem("is no list; allowed: a list of objects.");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Place place = place(parser);
      ObjectNode object = object(parser);
      if (object.has("paragraphs")) {
        SquadArticle.rows(place, columns, object.get("paragraphs"), consumer);
      } else {
        consumer.accept(Row.of(place, columns, object));
      }
    }
  }

  private ObjectNode object(JsonParser parser) throws IOException {
    Place place = place(parser);
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw place.problem("is not an object; allowed: a list of objects.");
    }
    return JSON.readTree(parser);
  }
}
