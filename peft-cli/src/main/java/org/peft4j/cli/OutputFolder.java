package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.PeftException;

/** The folder of a command's results. */
final class OutputFolder {
  private OutputFolder() {}

  /** Makes it if it is not there, and fails if nothing can be written to it. */
  static void prepare(Path folder) {
    try {
      Files.createDirectories(folder);
      // Permissions tell too little: to root, and on file systems that are mounted read-only.
      Files.delete(Files.createTempFile(folder, ".peft", ".tmp"));
    } catch (IOException e) {
      throw new PeftException(
          "Cannot write to the output folder "
              + folder
              + " ("
              + e.getClass().getSimpleName()
              + "); give another --output.",
          e);
    }
  }
}
