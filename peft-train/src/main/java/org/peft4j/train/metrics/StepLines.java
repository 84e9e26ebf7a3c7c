package org.peft4j.train.metrics;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of lines that belong to steps. The first line replaces an older file; a resumed training
 * keeps the lines up to there. A full disk does not end the training: lines wait until there is
 * room again. A warning tells when they begin to wait, and which are missing at the end.
 */
final class StepLines {
  private static final Logger LOG = LoggerFactory.getLogger(StepLines.class);

  private final Path file;
  private final ToLongFunction<String> stepOf;
  private @Nullable AppendedLines lines;
  private boolean empty = true;

  /**
   * A file in a folder that exists.
   *
   * @param stepOf the step of a line; the largest number if a crash cut the line short
   */
  StepLines(Path file, ToLongFunction<String> stepOf) {
    this.file = file;
    this.stepOf = stepOf;
  }

  /** Before the first step: {@code done} were made before. */
  void start(long done) {
    close();
    empty = true;
    if (done > 0) {
      begin(linesUpTo(done));
    }
  }

  private void begin(String kept) {
    AtomicFile.write(file, channel -> writeFully(channel, kept));
    empty = kept.isEmpty();
    lines = new AppendedLines(file, kept.getBytes(StandardCharsets.UTF_8).length);
  }

  private static void writeFully(FileChannel channel, String text) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private String linesUpTo(long step) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new PeftException(file + " is not a regular file; give another.");
    }
    try {
      return Files.exists(file)
          ? Files.readAllLines(file).stream()
              .filter(line -> stepOf.applyAsLong(line) <= step)
              .map(line -> line + "\n")
              .collect(Collectors.joining())
          : "";
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Whether the next line is the first of the file. */
  boolean isEmpty() {
    return empty;
  }

  void append(String line) {
    if (lines == null) {
      begin("");
    }
    empty = false;
    AppendedLines open = lines;
    if (open != null) {
      String cause = open.append(line);
      if (open.waiting() == 1) {
        LOG.warn("Cannot write {}: {}. Training goes on; metrics wait for room.", file, cause);
      }
    }
  }

  private PeftException failure(IOException e) {
    return new PeftException("Cannot write " + file + ": " + e.getMessage() + ".", e);
  }

  void close() {
    if (lines == null) {
      return;
    }
    try (AppendedLines ending = lines) {
      lines = null;
      String cause = ending.flush();
      if (!cause.isEmpty()) {
        LOG.warn("{} lacks its last {} lines: {}.", file, ending.waiting(), cause);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }
}
