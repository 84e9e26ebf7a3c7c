package org.peft4j.train.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;

/** Writes and reads {@code training_state.json}. */
final class StateFile {
  static final String NAME = "training_state.json";

  private static final long MAX_BYTES = 1 << 20;
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(16).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StateFile() {}

  static void write(Path folder, Position position) {
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(position));
      AtomicFile.write(
          folder.resolve(NAME),
          channel -> {
            while (bytes.hasRemaining()) {
              channel.write(bytes);
            }
          });
    } catch (JsonProcessingException e) {
      throw new PeftException("Cannot write " + NAME + ": " + e.getOriginalMessage() + ".", e);
    }
  }

  static Position read(Path folder) {
    Path file = folder.resolve(NAME);
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new PeftException(file + " has more than " + MAX_BYTES + " bytes.");
      }
      return new PositionReader(file, JSON.readTree(Files.readAllBytes(file))).read();
    } catch (NoSuchFileException e) {
      throw new PeftException(
          folder + " is not a checkpoint of a training: it has no " + NAME + ".", e);
    } catch (JsonProcessingException e) {
      throw new PeftException(file + " is broken: " + e.getOriginalMessage() + ".", e);
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    }
  }
}
