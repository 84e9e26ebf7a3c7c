package org.peft4j.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The folders that were missing and had to be made: what fails leaves no empty ones behind. */
public final class MadeFolders {
  private final List<Path> made;

  private MadeFolders(List<Path> made) {
    this.made = made;
  }

  /**
   * Makes a folder, with those around it, where it is not there.
   *
   * @throws IOException if it cannot be made; then none of them is left
   */
  public static MadeFolders of(Path folder) throws IOException {
    List<Path> missing = new ArrayList<>();
    for (Path each = folder.toAbsolutePath().normalize();
        each != null && !Files.exists(each);
        each = each.getParent()) {
      missing.add(each);
    }
    MadeFolders folders = new MadeFolders(missing);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      folders.deleteEmpty();
      throw e;
    }
    return folders;
  }

  /** Deletes those that are empty, from the innermost on. */
  public void deleteEmpty() {
    for (Path folder : made) {
      try {
        Files.deleteIfExists(folder);
      } catch (IOException e) {
        return; // It is not empty, or not ours any more.
      }
    }
  }
}
