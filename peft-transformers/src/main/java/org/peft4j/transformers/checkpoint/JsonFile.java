package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;

/** JSON files of a checkpoint, whose fields are kept in their order. */
final class JsonFile {
  private static final long MAX_BYTES = 1 << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private JsonFile() {}

  /**
   * Reads an object.
   *
   * @throws PeftException if the file cannot be read, is too large, or no JSON object
   */
  static ObjectNode read(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new PeftException(
            file + " has " + Files.size(file) + " bytes; the limit is " + MAX_BYTES + ".");
      }
      JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
      if (json instanceof ObjectNode object) {
        return object;
      }
      throw new PeftException(file + " is no JSON object.");
    } catch (JsonProcessingException e) {
      throw new PeftException(file + " is no valid JSON: " + e.getOriginalMessage() + ".", e);
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    }
  }

  static void write(Path file, ObjectNode json) {
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(MAPPER.writeValueAsBytes(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A JSON tree can always be written", e);
    }
    AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }
}
