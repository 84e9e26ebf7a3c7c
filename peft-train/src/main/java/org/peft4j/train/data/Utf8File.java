package org.peft4j.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.peft4j.error.PeftException;

/** A whole text file. */
final class Utf8File {
  private static final long MAX_BYTES = 1L << 30;

  private Utf8File() {}

  static String read(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new PeftException(
            "%s has %,d bytes; a text may have %,d. Split it, or tokenise it into safetensors."
                .formatted(file, size, MAX_BYTES));
      }
      return decode(file, Files.readAllBytes(file));
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  private static String decode(Path file, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new PeftException(file + " is not UTF-8 text; convert it first.", e);
    }
  }

  static PeftException failure(Path file, IOException e) {
    if (e instanceof NoSuchFileException) {
      return new PeftException("There is no file " + file + ".", e);
    }
    return new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
  }
}
