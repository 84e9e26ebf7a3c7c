package org.peft4j.train.metrics;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lines at the end of a file. Those that cannot be written, because the disk is full, wait, and are
 * written with the next one.
 */
final class AppendedLines implements AutoCloseable {
  private final Path file;
  private final List<String> waiting = new ArrayList<>();
  private long length;

  /** Not a channel: an interrupt of the writing thread would close that. */
  private @Nullable RandomAccessFile out;

  /**
   * Lines after the first bytes of a file.
   *
   * @param length what stays of the file
   */
  AppendedLines(Path file, long length) {
    this.file = file;
    this.length = length;
  }

  /** Writes the lines that wait and this one; returns the cause if that fails, or nothing. */
  String append(String line) {
    waiting.add(line);
    return flush();
  }

  /** Writes the lines that wait; returns the cause if that fails, or nothing. */
  String flush() {
    byte[] lines = (String.join("\n", waiting) + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      if (!waiting.isEmpty()) {
        write(lines);
        length += lines.length;
        waiting.clear();
      }
      return "";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private void write(byte[] lines) throws IOException {
    if (out == null) {
      out = new RandomAccessFile(file.toFile(), "rw");
    }
    if (out.length() > length) {
      out.setLength(length); // An earlier try has written a part.
    }
    out.seek(length);
    out.write(lines);
  }

  /** The number of lines that wait. */
  int waiting() {
    return waiting.size();
  }

  @Override
  public void close() throws IOException {
    if (out != null) {
      out.close();
    }
  }
}
