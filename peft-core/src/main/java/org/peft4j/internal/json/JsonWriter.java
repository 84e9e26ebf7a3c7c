package org.peft4j.internal.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.peft4j.internal.AtomicFile;

/** Writes JSON, indented, to files that are replaced as a whole. */
public final class JsonWriter {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private JsonWriter() {}

  /**
   * The text of a tree, a map or a record.
   *
   * @throws IllegalStateException if it is something else, that is not JSON
   */
  public static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Not JSON: " + value.getClass(), e);
    }
  }

  /**
   * Creates or replaces a file.
   *
   * @throws org.peft4j.error.PeftException if it cannot be written; it is then as it was
   */
  public static void write(Path file, Object value) {
    ByteBuffer bytes = ByteBuffer.wrap(text(value).getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }
}
