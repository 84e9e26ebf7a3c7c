package org.peft4j.cli.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.error.PeftException;
import org.peft4j.internal.MadeFolders;

/**
 * The folder of a command's results. Closing it deletes the folders that it made and that are still
 * empty.
 */
final class OutputFolder implements AutoCloseable {
  private final MadeFolders made;

  private OutputFolder(MadeFolders made) {
    this.made = made;
  }

  /** Makes the folder if it does not exist; fails if it is not writable. */
  static OutputFolder prepare(Path folder) {
    try {
      OutputFolder output = new OutputFolder(MadeFolders.of(folder));
      output.requireWritable(folder);
      return output;
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

  /** Permissions do not tell: root ignores them, and a read-only file system overrides them. */
  private void requireWritable(Path folder) throws IOException {
    try {
      Files.delete(Files.createTempFile(folder, ".peft", ".tmp"));
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    made.deleteEmpty();
  }
}
