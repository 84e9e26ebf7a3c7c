package org.peft4j.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Consumer;
import org.peft4j.error.PeftException;

/**
 * Replaces a folder as a whole: a sibling temporary is filled and renamed. A failure leaves what
 * was there. A folder that is replaced is first renamed to {@code .NAME.UUID.FOLDER.old}; if the
 * process is killed between the two renames, the next writer of it puts it back before it begins.
 * Writers of the same name wait for each other.
 */
public final class AtomicFolder {
  private AtomicFolder() {}

  /**
   * Creates or replaces {@code target} with what {@code content} writes into an empty folder.
   *
   * @param target a path with a name, whose parent is there
   * @param name what locks and temporaries are called, for one target or several; those of dead
   *     writers are deleted by this name
   */
  public static void write(Path target, String name, Consumer<Path> content) throws IOException {
    Path parent = target.toAbsolutePath().normalize().resolveSibling("");
    String old = target.getFileName() + ".old";
    try (WriteLock lock = WriteLock.of(parent, name)) {
      restore(target, lock.left(old));
      Path temporary = lock.temporary("tmp");
      try {
        Files.createDirectory(temporary);
        fill(temporary, target, content);
        replace(temporary, target, lock.temporary(old));
      } finally {
        FileTrees.delete(temporary);
      }
    }
  }

  /** Errors name the folder that the user asked for. */
  private static void fill(Path temporary, Path target, Consumer<Path> content) {
    try {
      content.accept(temporary);
    } catch (PeftException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains(temporary.toString())) {
        throw new PeftException(message.replace(temporary.toString(), target.toString()), e);
      }
      throw e;
    }
  }

  /** Puts back what a killed writer had moved away, or deletes it if that writer was done. */
  private static void restore(Path target, List<Path> left) throws IOException {
    for (Path old : left) {
      if (Files.exists(target)) {
        FileTrees.delete(old);
      } else {
        Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  private static void replace(Path temporary, Path target, Path old) throws IOException {
    boolean replaces = Files.exists(target);
    if (replaces) {
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (replaces) {
        Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
      }
      throw e;
    }
    FileTrees.delete(old);
  }
}
