package org.peft4j.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.peft4j.error.PeftException;

/**
 * Replaces a file as a whole: a sibling temporary is written, forced to the disk and renamed over
 * the target. A crash at any moment leaves the old file or the new one; a failure leaves the old
 * one and no temporary. Writers of the same file wait for each other.
 */
public final class AtomicFile {

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes everything to {@code channel}, which is empty and at position 0.
     *
     * @throws IOException when writing fails; the target is then left as it was
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Creates or replaces {@code target} with what {@code content} writes.
   *
   * @throws PeftException if the file cannot be written; names the path and the reason. Unchecked
   *     exceptions of {@code content} pass through. In both cases {@code target} is as before.
   */
  public static void write(Path target, Content content) {
    Path absolute = target.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    Path name = absolute.getFileName();
    if (folder == null || name == null) {
      throw new PeftException("Cannot write " + target + ": a root folder is not a file.");
    }
    try (WriteLock lock = WriteLock.of(folder, name.toString())) {
      replace(absolute, lock.temporary("tmp"), content);
    } catch (IOException e) {
      throw failure(absolute, folder, e);
    }
    forceFolder(folder);
  }

  private static void replace(Path target, Path temporary, Content content) throws IOException {
    try {
      writeAndForce(temporary, content);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      // After a successful rename there is nothing left to delete.
      deleteQuietly(temporary);
    }
  }

  private static void writeAndForce(Path temporary, Content content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      content.writeTo(channel);
      channel.force(true);
    }
  }

  private static void deleteQuietly(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException ignored) {
      // The failure that brought us here is the one to report.
    }
  }

  /** Makes the rename itself durable; platforms that cannot open a folder do so on their own. */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException ignored) {
      // Windows cannot open folders; there the rename is journalled.
    }
  }

  private static PeftException failure(Path target, Path folder, IOException e) {
    return new PeftException(
        "Cannot write " + target + ": " + reason(e, folder) + " The file was not changed.", e);
  }

  private static String reason(IOException e, Path folder) {
    if (e instanceof NoSuchFileException && Files.isDirectory(folder)) {
      return "the folder " + folder + " is there, but no file can be made in it, as in /proc.";
    }
    if (e instanceof NoSuchFileException) {
      return "the folder " + folder + " does not exist; create it first.";
    }
    if (e instanceof AccessDeniedException) {
      return "the folder " + folder + " may not be written to; check its permissions.";
    }
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason() + ".";
    }
    String message = String.valueOf(e.getMessage());
    return message + "." + (isFull(message) ? " Free some, or give another folder." : "");
  }

  /** What Linux and macOS, Windows, and quotas say. */
  private static boolean isFull(String message) {
    return message.contains("No space left")
        || message.contains("not enough space")
        || message.contains("quota exceeded");
  }
}
