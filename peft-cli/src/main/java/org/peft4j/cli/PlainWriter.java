package org.peft4j.cli;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;
import org.peft4j.internal.PlainText;

/**
 * The one way to the terminal: texts from files and models come as {@link PlainText}, with escapes
 * for the rest.
 */
final class PlainWriter extends FilterWriter {
  private char pending;

  PlainWriter(Writer out) {
    super(out);
  }

  @Override
  public void write(int c) throws IOException {
    char half = (char) c;
    if (pending != 0 && Character.isLowSurrogate(half)) {
      put(Character.toCodePoint(pending, half));
      pending = 0;
      return;
    }
    if (pending == '\r' && half == '\n') {
      pending = 0;
      out.write("\r\n");
      return;
    }
    release();
    if (half == '\r' || Character.isHighSurrogate(half)) {
      pending = half;
    } else {
      put(half);
    }
  }

  /** A return before the end of a line is part of it; alone it would overwrite the line. */
  private void release() throws IOException {
    char held = pending;
    pending = 0;
    if (held != 0) {
      put(held);
    }
  }

  private void put(int c) throws IOException {
    if (!PlainText.allows(c)) {
      out.write(PlainText.escaped(c));
    } else if (Character.isBmpCodePoint(c)) {
      out.write(c);
    } else {
      out.write(Character.toChars(c));
    }
  }

  @Override
  public void write(char[] text, int from, int count) throws IOException {
    for (int i = from; i < from + count; i++) {
      write(text[i]);
    }
  }

  @Override
  public void write(String text, int from, int count) throws IOException {
    write(text.toCharArray(), from, count);
  }

  @Override
  public void close() throws IOException {
    release();
    super.close();
  }
}
