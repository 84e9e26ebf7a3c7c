package org.peft4j.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
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

  /** The lock files of this process' writers. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final String name;
  private final Path file;
  private final Opened opened;

  /**
   * An open lock file.
   *
   * @param exclusive whether other processes respect it; some network mounts have no locks
   */
  private record Opened(FileChannel channel, boolean exclusive) {}

  private WriteLock(Path folder, String name, Path file, Opened opened) {
    this.folder = folder;
    this.name = name;
    this.file = file;
    this.opened = opened;
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
        return cleared(lock);
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
    Path file = folder.toRealPath().resolve("." + name + ".lock");
    // Threads of this process must not open the file: closing it would end the lock of another.
    if (!HELD.add(file)) {
      return null;
    }
    WriteLock lock = null;
    try {
      Opened opened = open(file);
      lock = opened == null ? null : new WriteLock(folder, name, file, opened);
      return lock;
    } finally {
      if (lock == null) {
        HELD.remove(file);
      }
    }
  }

  /** The locked file, or null if another process has it, or has just deleted it. */
  private static @Nullable Opened open(Path file) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // Another writer is at work, or died.
    }
    FileChannel channel = null;
    Opened opened = null;
    try {
      Object before = identity(file);
      channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      Opened locked = lock(channel);
      if (locked != null && Objects.equals(before, identity(file))) {
        opened = locked;
      }
      return opened;
    } catch (NoSuchFileException e) {
      return null;
    } finally {
      if (channel != null && opened == null) {
        channel.close();
      }
    }
  }

  private static @Nullable Opened lock(FileChannel channel) {
    try {
      return channel.tryLock() == null ? null : new Opened(channel, true);
    } catch (IOException e) {
      return new Opened(channel, false);
    }
  }

  /** What tells a file from one that replaced it; null where open files cannot be deleted. */
  private static @Nullable Object identity(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeftException("Interrupted while waiting for another writer.", e);
    }
  }

  private static WriteLock cleared(WriteLock lock) throws IOException {
    boolean cleared = false;
    try {
      for (Path left : lock.left("tmp")) {
        FileTrees.delete(left);
      }
      cleared = true;
      return lock;
    } finally {
      if (!cleared) {
        lock.close();
      }
    }
  }

  /** What writers that died left behind with this ending; nothing where others may live. */
  public List<Path> left(String ending) throws IOException {
    if (!opened.exclusive()) {
      return List.of();
    }
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
    if (!opened.channel().isOpen()) {
      return;
    }
    try (FileChannel channel = opened.channel()) {
      Files.deleteIfExists(file);
    } catch (IOException ignored) {
      // What was written is whole. A lock file without a lock stops nobody.
    } finally {
      HELD.remove(file);
    }
  }
}
