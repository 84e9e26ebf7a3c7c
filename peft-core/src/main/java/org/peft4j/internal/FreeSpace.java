package org.peft4j.internal;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.error.PeftException;

/** Looks at the room on a disk before work whose result would not fit. */
public final class FreeSpace {
  private FreeSpace() {}

  /**
   * Fails if a folder's disk has less room. A disk that does not tell its size has enough.
   *
   * @param folder there or to be made
   * @param bytes needed
   * @param what needs them, for the message: {@code the adapter}
   * @throws PeftException with both sizes
   */
  public static void require(Path folder, long bytes, String what) {
    Path there = folder.toAbsolutePath().normalize();
    while (there != null && !Files.exists(there)) {
      there = there.getParent();
    }
    if (there == null) {
      return;
    }
    try {
      FileStore disk = Files.getFileStore(there);
      if (disk.getTotalSpace() > 0 && disk.getUsableSpace() < bytes) {
        throw new PeftException(
            "The disk of %s has %,d bytes left; %s needs %,d. Free some, or give another folder."
                .formatted(folder, disk.getUsableSpace(), what, bytes));
      }
    } catch (IOException e) {
      // What cannot be asked shows when it is written.
    }
  }
}
