package org.peft4j.internal.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.internal.WrongContent;

/**
 * Reads JSON from files that others made: regular files only, up to a number of bytes, with bounded
 * depth, texts, names and numbers, no name twice in an object and nothing after the value. What it
 * reads is data, never a class.
 */
public final class JsonReader {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NAME = 10_000;
  private static final int MAX_NUMBER = 100;

  private final int maxBytes;
  private final JsonMapper mapper;

  private JsonReader(int maxBytes, int maxText, boolean infinities) {
    this.maxBytes = maxBytes;
    StreamReadConstraints limits =
        StreamReadConstraints.builder()
            .maxDocumentLength(maxBytes)
            .maxNestingDepth(MAX_DEPTH)
            .maxStringLength(maxText)
            .maxNameLength(MAX_NAME)
            .maxNumberLength(MAX_NUMBER)
            .build();
    mapper =
        JsonMapper.builder(
                JsonFactory.builder()
                    .streamReadConstraints(limits)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    // Names of untrusted files have no place in a table that lives on.
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .configure(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS, infinities)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();
  }

  /**
   * A reader with limits.
   *
   * @param maxBytes of a file
   * @param maxText characters of a text
   */
  public static JsonReader upTo(int maxBytes, int maxText) {
    return new JsonReader(maxBytes, maxText, false);
  }

  /**
   * As {@link #upTo}, where numbers may be Infinity, -Infinity and NaN too, as Python writes them.
   */
  public static JsonReader withInfinities(int maxBytes, int maxText) {
    return new JsonReader(maxBytes, maxText, true);
  }

  /**
   * The value in a file.
   *
   * @throws PeftException if there is no such file, it is not a regular one, too large, or not JSON
   *     within the limits
   */
  public JsonNode read(Path file) {
    byte[] bytes = bytes(file);
    try {
      return mapper.readTree(bytes);
    } catch (JsonProcessingException e) {
      Optional<String> other = WrongContent.of(bytes);
      if (other.isPresent()) {
        throw new PeftException(file + " is not JSON. " + other.get(), e);
      }
      throw invalid(file.toString(), e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * The object in a file.
   *
   * @throws PeftException as {@link #read} does, and if it is another value
   */
  public ObjectNode readObject(Path file) {
    if (read(file) instanceof ObjectNode object) {
      return object;
    }
    throw new PeftException(file + " is not a JSON object.");
  }

  /**
   * The value that a text is.
   *
   * @param where what the text is, for messages: {@code data.jsonl, line 3}
   * @throws PeftException if it is not JSON within the limits
   */
  public JsonNode parse(String text, String where) {
    try {
      return mapper.readTree(text);
    } catch (JsonProcessingException e) {
      throw invalid(where, e);
    }
  }

  /** The value that a text is; empty if it is not JSON within the limits, or nothing. */
  public Optional<JsonNode> tryParse(String text) {
    try {
      return Optional.of(mapper.readTree(text)).filter(node -> !node.isMissingNode());
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /**
   * The record in a file.
   *
   * @throws PeftException as {@link #read} does, and if a field is missing, unknown or of another
   *     type
   */
  public <T> T read(Path file, Class<T> type) {
    ObjectNode json = readObject(file);
    try {
      return mapper.treeToValue(json, type);
    } catch (JsonProcessingException e) {
      throw new PeftException(file + " is broken: " + e.getOriginalMessage() + ".", e);
    }
  }

  private byte[] bytes(Path file) {
    if (!Files.exists(file)) {
      throw new PeftException("There is no file " + file + ".");
    }
    if (!Files.isRegularFile(file)) {
      throw new PeftException(file + " is not a regular file.");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(maxBytes);
      if (in.read() >= 0) {
        throw new PeftException(
            file + " has " + Files.size(file) + " bytes; allowed: up to " + maxBytes + ".");
      }
      return bytes;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static PeftException unreadable(Path file, IOException e) {
    return new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
  }

  private static PeftException invalid(String where, JsonProcessingException e) {
    return new PeftException(where + " is not valid JSON: " + e.getOriginalMessage() + ".", e);
  }
}
