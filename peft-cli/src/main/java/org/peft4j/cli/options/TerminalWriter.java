package org.peft4j.cli.options;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;

/**
 * Where results are printed. Texts go through a filter that takes controls away; only this class
 * may change colours.
 */
public final class TerminalWriter extends PrintWriter {
  private static final String GREEN = "\u001b[32m";
  private static final String PLAIN = "\u001b[0m";

  private final Writer terminal;

  /**
   * A writer.
   *
   * @param filtered what texts are written to, which writes to {@code terminal}
   */
  public TerminalWriter(Writer filtered, Writer terminal) {
    super(filtered, true);
    this.terminal = terminal;
  }

  /** Writes a text in green. */
  public void green(String text) {
    raw(GREEN);
    print(text);
    raw(PLAIN);
  }

  private void raw(String code) {
    flush();
    try {
      terminal.write(code);
      terminal.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
