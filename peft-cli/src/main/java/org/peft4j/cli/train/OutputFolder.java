package org.peft4j.cli.train;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * The folder of a command's results. Closing it deletes the folders that it made and that are still
 * empty.
 */
final class OutputFolder implements AutoCloseable {
  private final List<Path> made;

  private OutputFolder(List<Path> made) {
    this.made = made;
  }

  /** Makes the folder if it does not exist; fails if it is not writable. */
  static OutputFolder prepare(Path folder) {
    OutputFolder output = new OutputFolder(missing(folder.toAbsolutePath().normalize()));
    try {
      Files.createDirectories(folder);
      // Permissions do not tell: root ignores them, and a read-only file system overrides them.
      Files.delete(Files.createTempFile(folder, ".peft", ".tmp"));
      return output;
    } catch (IOException e) {
      output.close();
      throw new PeftException(
          "Cannot write to the output folder "
              + folder
              + " ("
              + e.getClass().getSimpleName()
              + "); give another --output.",
          e);
    }
  }

  /** The missing folders of the path, the innermost first. */
  private static List<Path> missing(Path folder) {
    List<Path> missing = new ArrayList<>();
    for (Path each = folder; each != null && !Files.exists(each); each = each.getParent()) {
      missing.add(each);
    }
    return missing;
  }

  @Override
  public void close() {
    for (Path folder : made) {
      try {
        Files.delete(folder);
      } catch (DirectoryNotEmptyException e) {
        return;
      } catch (NoSuchFileException e) {
        // It was never made.
      } catch (IOException e) {
        return;
      }
    }
  }
}
