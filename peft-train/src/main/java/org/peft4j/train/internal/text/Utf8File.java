package org.peft4j.train.internal.text;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.peft4j.error.PeftException;

/** Text files in UTF-8, read strictly. */
public final class Utf8File {
  private static final long MAX_BYTES = 1L << 30;

  private Utf8File() {}

  /**
   * The whole text.
   *
   * @throws PeftException if the file cannot be read, is not UTF-8, or is larger than 1 GB
   */
  public static String read(Path file) {
    try {
      requireRegular(file);
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new PeftException(
            "%s has %,d bytes; a text may have %,d. Split it, or tokenise it into safetensors."
                .formatted(file, size, MAX_BYTES));
      }
      byte[] bytes = Files.readAllBytes(file);
      int start = markLength(file, Arrays.copyOf(bytes, Math.min(4, bytes.length)));
      return decode(file, ByteBuffer.wrap(bytes, start, bytes.length - start));
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /** Reads a file from behind its byte order mark, if it has one. */
  public static Reader reader(Path file) throws IOException {
    requireRegular(file);
    InputStream in = new BufferedInputStream(Files.newInputStream(file));
    try {
      in.mark(4);
      byte[] head = in.readNBytes(4);
      in.reset();
      in.skipNBytes(markLength(file, head));
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    } catch (IOException | PeftException e) {
      in.close();
      throw e;
    }
  }

  /** Pipes and devices may have no end. */
  private static void requireRegular(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new PeftException(file + " is not a regular file.");
    }
  }

  /**
   * The bytes of the mark that some editors write in front of UTF-8.
   *
   * @throws PeftException if the file begins as UTF-16 or UTF-32 does
   */
  private static int markLength(Path file, byte[] head) {
    if (begins(head, 0xef, 0xbb, 0xbf)) {
      return 3;
    }
    boolean wide =
        begins(head, 0xff, 0xfe)
            || begins(head, 0xfe, 0xff)
            || head.length > 1 && (head[0] == 0 || head[1] == 0);
    if (wide) {
      throw new PeftException(
          file + " is UTF-16 or UTF-32 text; save it as UTF-8, the encoding that is read.");
    }
    return 0;
  }

  private static boolean begins(byte[] head, int... mark) {
    for (int i = 0; i < mark.length; i++) {
      if (i >= head.length || (head[i] & 0xff) != mark[i]) {
        return false;
      }
    }
    return true;
  }

  private static String decode(Path file, ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw notUtf8(file, e);
    }
  }

  /** What to throw where a file has other bytes than UTF-8's. */
  public static PeftException notUtf8(Path file, CharacterCodingException e) {
    return new PeftException(file + " is not UTF-8 text; convert it first.", e);
  }

  /** What to throw where a file cannot be read. */
  public static PeftException failure(Path file, IOException e) {
    if (e instanceof NoSuchFileException) {
      return new PeftException("There is no file " + file + ".", e);
    }
    return new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
  }
}
