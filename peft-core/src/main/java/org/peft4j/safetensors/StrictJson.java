package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON object of a known structure, token by token: strict UTF-8, nothing after the
 * object, names and lists within limits. Every failure is a {@link SafetensorsException} about the
 * file.
 */
final class StrictJson implements AutoCloseable {
  private final Path file;
  private final SafetensorsLimits limits;
  private final JsonParser parser;

  StrictJson(Path file, InputStream utf8, SafetensorsLimits limits) {
    this.file = file;
    this.limits = limits;
    // This decoder reports malformed input; one from a charset name would replace it.
    InputStreamReader reader = new InputStreamReader(utf8, StandardCharsets.UTF_8.newDecoder());
    try {
      this.parser = factory(limits).createParser(reader);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private static JsonFactory factory(SafetensorsLimits limits) {
    StreamReadConstraints constraints =
        StreamReadConstraints.builder()
            .maxNameLength(limits.maxNameLength())
            .maxStringLength(limits.maxHeaderBytes())
            .build();
    // Names from untrusted files do not belong in a shared, long-lived table.
    return JsonFactory.builder()
        .streamReadConstraints(constraints)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .build();
  }

  /**
   * Consumes the opening brace of an object.
   *
   * @param what it is called in a message, which is seldom needed and not made before
   */
  void beginObject(Supplier<String> what) {
    expect(JsonToken.START_OBJECT, what, "an object");
  }

  /** Moves on to the next name of the current object; false at its end. */
  boolean nextName() {
    return next() != JsonToken.END_OBJECT;
  }

  /** The current name: not empty, not too long, well-formed text. */
  String name() {
    try {
      String name = parser.currentName();
      Names.check(file, name, limits);
      return name;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Consumes a string value. */
  String string(Supplier<String> what) {
    expect(JsonToken.VALUE_STRING, what, "a string");
    return text();
  }

  /** Consumes a string, number or truth value, and returns its text. */
  String scalar(Supplier<String> what) {
    JsonToken token = next();
    if (token == null || !token.isScalarValue() || token == JsonToken.VALUE_NULL) {
      throw wrong(what, "a string, a number or a truth value", token);
    }
    return text();
  }

  /** Consumes an array of non-negative integers below 2^63, no longer than the highest rank. */
  List<Long> sizes(Supplier<String> what) {
    expect(JsonToken.START_ARRAY, what, "an array");
    List<Long> sizes = new ArrayList<>();
    for (JsonToken token = next(); token != JsonToken.END_ARRAY; token = next()) {
      if (token != JsonToken.VALUE_NUMBER_INT) {
        throw wrong(() -> "an element of " + what.get(), "a non-negative integer", token);
      }
      if (sizes.size() >= limits.maxRank()) {
        Limit.check(file, sizes.size(), "dimensions in " + what.get(), limits.maxRank(), "maxRank");
      }
      sizes.add(size(what));
    }
    return sizes;
  }

  private long size(Supplier<String> what) {
    String digits = text();
    if (digits.startsWith("-")) {
      throw fail(what.get() + " holds " + quoted(digits) + ", which must not be negative.");
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw SafetensorsException.inFile(
          file, what.get() + " holds " + quoted(digits) + ", which must be less than 2^63.", e);
    }
  }

  /** Checks that nothing but white space follows the object. */
  void end() {
    JsonToken token = next();
    if (token != null) {
      throw fail("the JSON object is followed by " + token + "; only spaces may follow it.");
    }
  }

  @Override
  public void close() {
    try {
      parser.close();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private void expect(JsonToken wanted, Supplier<String> what, String wantedText) {
    JsonToken token = next();
    if (token != wanted) {
      throw wrong(what, wantedText, token);
    }
  }

  private @Nullable JsonToken next() {
    try {
      return parser.nextToken();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private String text() {
    try {
      return parser.getText();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private SafetensorsException wrong(
      Supplier<String> what, String wanted, @Nullable JsonToken found) {
    return fail(what.get() + " must be " + wanted + ", but is " + found + ".");
  }

  private SafetensorsException fail(String problem) {
    return SafetensorsException.inFile(file, problem);
  }

  private SafetensorsException failure(IOException e) {
    if (e instanceof StreamConstraintsException limit) {
      String message =
          limit
              .getOriginalMessage()
              .replace("StreamReadConstraints.getMax", "SafetensorsLimits.max");
      return SafetensorsException.inFile(file, "the JSON exceeds a limit: " + message, e);
    }
    if (e instanceof JsonProcessingException syntax) {
      return SafetensorsException.inFile(file, "not valid JSON: " + syntax.getOriginalMessage(), e);
    }
    if (e instanceof CharacterCodingException) {
      return SafetensorsException.inFile(file, "the JSON is not valid UTF-8.", e);
    }
    return SafetensorsException.inFile(file, "cannot be read: " + e.getMessage(), e);
  }
}
