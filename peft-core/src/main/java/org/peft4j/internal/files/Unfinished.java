package org.peft4j.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files that mean nothing until another one is there: closing deletes them, unless they are to be
 * kept. Files that were there before stay.
 */
final class Unfinished implements AutoCloseable {
  private final List<Path> files;
  private boolean kept;

  private Unfinished(List<Path> files) {
    this.files = files;
  }

  /** Those of the files that are not there yet. */
  static Unfinished of(Path... files) {
    return new Unfinished(Stream.of(files).filter(file -> !Files.exists(file)).toList());
  }

  void keep() {
    kept = true;
  }

  @Override
  public void close() {
    for (Path file : kept ? List.<Path>of() : files) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // The failure that brought us here is the one to report.
      }
    }
  }
}
