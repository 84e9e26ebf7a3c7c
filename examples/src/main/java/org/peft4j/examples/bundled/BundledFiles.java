package org.peft4j.examples.bundled;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Files that come with the examples.
 *
 * @param from where they lie on the class path: {@code /quickstart/base-model/}
 */
public record BundledFiles(String from) {
  /** Unpacks files to {@code folder}. */
  public Path unpack(Path folder, String... names) {
    try {
      Files.createDirectories(folder);
      for (String name : names) {
        try (InputStream in = BundledFiles.class.getResourceAsStream(from + name)) {
          if (in == null) {
            throw new IllegalStateException("The examples were built without " + name + ".");
          }
          Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
