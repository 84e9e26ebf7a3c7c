package org.peft4j.train.internal.text;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import org.peft4j.error.PeftException;

/** The lines of a text file, each within a limit. */
public final class TextLines {
  /** The most characters of a line. */
  public static final int MAX_LINE = 1 << 24;

  private TextLines() {}

  /** Takes lines. */
  @FunctionalInterface
  public interface Consumer {
    /**
     * Takes a line.
     *
     * @param number from 1
     * @param text without the line feed
     */
    void accept(int number, String text);
  }

  /**
   * Gives every line.
   *
   * @throws PeftException if the file cannot be read or is not UTF-8, or a line is too long
   */
  public static void forEach(Path file, Consumer consumer) {
    try (Reader reader = Utf8File.reader(file)) {
      StringBuilder line = new StringBuilder();
      int number = 1;
      for (int c = reader.read(); c >= 0; c = reader.read()) {
        if (c == '\n') {
          consumer.accept(number++, line.toString());
          line.setLength(0);
        } else if (line.length() == MAX_LINE) {
          throw new PeftException(
              "%s, line %d has more than %d characters, the most that are read."
                  .formatted(file, number, MAX_LINE));
        } else {
          line.append((char) c);
        }
      }
      consumer.accept(number, line.toString());
    } catch (CharacterCodingException e) {
      throw Utf8File.notUtf8(file, e);
    } catch (IOException e) {
      throw Utf8File.failure(file, e);
    }
  }
}
