package org.peft4j.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * The right to write one name in a folder, which one thread of one process has at a time. The
 * operating system ends it when the process dies. What writers that died left behind, {@code
 * .NAME.UUID.tmp}, goes when the next one begins.
 */
public final class WriteLock implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final String UNIQUE = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

  private final Path folder;
  private final String name;
  private final Path file;
  private final FileChannel channel;

  private WriteLock(Path folder, String name, Path file, FileChannel channel) {
    this.folder = folder;
    this.name = name;
    this.file = file;
    this.channel = channel;
  }

  /**
   * Waits up to a minute for other writers of {@code name} in {@code folder}, and clears up after
   * those that died.
   *
   * @throws IOException if the folder cannot be written to
   * @throws PeftException if another writer is still at work
   */
  public static WriteLock of(Path folder, String name) throws IOException {
    return of(folder, name, PATIENCE);
  }

  static WriteLock of(Path folder, String name, Duration patience) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      WriteLock lock = tryLock(folder, name);
      if (lock != null) {
        lock.clear();
        return lock;
      }
      if (System.nanoTime() >= end) {
        throw new PeftException(
            "Cannot write "
                + folder.resolve(name)
                + ": another process or thread has been writing it for "
                + patience.toSeconds()
                + " s. Wait for it, or choose another name.");
      }
      pause();
    }
  }

  /** The lock, or null if another writer has it. */
  private static @Nullable WriteLock tryLock(Path folder, String name) throws IOException {
    Path file = folder.resolve("." + name + ".lock");
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
    boolean locked = false;
    try {
      locked = lock(channel) && isThere(file, channel);
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked ? new WriteLock(folder, name, file, channel) : null;
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      // A byte beyond the content: elsewhere a locked byte could not be read.
      return channel.tryLock(1 << 20, 1, false) != null;
    } catch (OverlappingFileLockException e) {
      // A thread of this process has it.
      return false;
    }
  }

  /** Whether {@code file} is still what was opened: the last writer deletes it. */
  private static boolean isThere(Path file, FileChannel channel) throws IOException {
    byte[] mark = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
    channel.write(ByteBuffer.wrap(mark), 0);
    try (FileChannel there = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer found = ByteBuffer.allocate(mark.length);
      there.read(found);
      return Arrays.equals(found.array(), mark);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeftException("Interrupted while waiting for another writer.", e);
    }
  }

  private void clear() throws IOException {
    for (Path left : left("tmp")) {
      FileTrees.delete(left);
    }
  }

  /** What writers that died left behind with this ending. */
  public List<Path> left(String ending) throws IOException {
    Pattern pattern =
        Pattern.compile(Pattern.quote("." + name + ".") + UNIQUE + Pattern.quote("." + ending));
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(path -> pattern.matcher(String.valueOf(path.getFileName())).matches())
          .toList();
    }
  }

  /** A new name for a temporary file or folder: {@code .NAME.UUID.ENDING}. */
  public Path temporary(String ending) {
    return folder.resolve("." + name + "." + UUID.randomUUID() + "." + ending);
  }

  /** Gives the right back. Closing twice does nothing. */
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try (channel) {
      Files.deleteIfExists(file);
    } catch (IOException ignored) {
      // What was written is whole. A lock file without a lock stops nobody.
    }
  }
}
