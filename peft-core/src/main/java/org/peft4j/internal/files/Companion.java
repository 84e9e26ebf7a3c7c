package org.peft4j.internal.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.internal.WriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that belongs to the weights file beside it. The weights file carries the companion's
 * checksum. A new companion waits under another name until the weights have been replaced, so one
 * of the two always belongs to the weights, whenever writing ends.
 *
 * <p>The weights also say which file on this disk waited. A waiting file that came from elsewhere,
 * with a download for example, is never taken for the companion that a reader sees.
 */
final class Companion {
  private static final Logger LOG = LoggerFactory.getLogger(Companion.class);

  private final Path current;
  private final Path next;
  private final String checksumKey;
  private final String fileKey;

  /**
   * @param name the companion's name
   * @param key begins its keys in the metadata of the weights
   */
  Companion(Path folder, String name, String key) {
    this.current = folder.resolve(name);
    this.next = folder.resolve(name + ".next");
    this.checksumKey = key + "_sha256";
    this.fileKey = key + "_file";
  }

  /** The config of an adapter. */
  static Companion ofConfig(Path folder) {
    return new Companion(folder, AdapterFiles.CONFIG, "peft4j.config");
  }

  /** The parameters of an adapter's encoder. */
  static Companion ofEncoder(Path folder) {
    return new Companion(folder, AdapterFiles.ENCODER, "peft4j.encoder");
  }

  /** Whether weights with this metadata name their companion. */
  boolean isNamedIn(Map<String, String> metadata) {
    return metadata.containsKey(checksumKey);
  }

  /** Adds sample metadata, as long as that of weights that name their companion. */
  void addSample(Map<String, String> metadata) {
    metadata.put(checksumKey, "0".repeat(64));
  }

  /** Where a new companion is written: beside the old one if there are weights. */
  Path target(boolean fresh) {
    return fresh ? current : next;
  }

  /**
   * The companion of weights with this metadata; empty if there is none.
   *
   * @throws PeftException if the one that belongs to the weights waits, and no save left it here
   */
  Optional<Path> of(Map<String, String> metadata) {
    String wanted = metadata.get(checksumKey);
    boolean waits = wanted != null && isFile(next) && checksum(next).equals(wanted);
    if (!waits || (isFile(current) && checksum(current).equals(wanted))) {
      return Files.exists(current) ? Optional.of(current) : Optional.empty();
    }
    if (!identity(next).equals(metadata.get(fileKey))) {
      throw new PeftException(
          current
              + " is not the file that the weights were saved with, but "
              + next.getFileName()
              + " beside it is, and no save left it here. Delete "
              + next.getFileName()
              + ", or, if you trust it, rename it to "
              + current.getFileName()
              + ".");
    }
    LOG.warn(
        "The last save in {} was interrupted; its {} is read from {}.",
        current.getParent(),
        current.getFileName(),
        next.getFileName());
    return Optional.of(next);
  }

  /** Adds what the weights say of the companion that was just written. */
  void announce(boolean fresh, Map<String, String> metadata) {
    String checksum = checksum(target(fresh));
    metadata.put(checksumKey, checksum);
    if (!fresh && !(isFile(current) && checksum(current).equals(checksum))) {
      metadata.put(fileKey, identity(next));
    }
  }

  /** Moves the waiting companion, if there is one, to its place, after the weights. */
  void settle(boolean fresh) {
    try {
      if (fresh) {
        Files.deleteIfExists(next);
      } else {
        Files.move(next, current, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new PeftException("Cannot write " + current + ": " + e.getMessage() + ".", e);
    }
  }

  /** Ends what a killed writer began, if the weights with this metadata are that writer's. */
  void finish(Map<String, String> metadata) {
    String wanted = metadata.get(checksumKey);
    if (wanted != null
        && isFile(next)
        && checksum(next).equals(wanted)
        && identity(next).equals(metadata.get(fileKey))) {
      settle(false);
    }
  }

  /** Deletes an older companion, after weights without one have been written. */
  void remove() {
    // The lock clears up after a writer that died.
    try (WriteLock lock =
        WriteLock.of(next.resolveSibling(""), String.valueOf(next.getFileName()))) {
      Files.deleteIfExists(next);
      Files.deleteIfExists(current);
    } catch (IOException e) {
      throw new PeftException("Cannot delete " + current + ": " + e.getMessage() + ".", e);
    }
  }

  private static boolean isFile(Path file) {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** What a copy of a file does not have: its number on the disk, or when it was made. */
  private static String identity(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      Object number = attributes.fileKey();
      return String.valueOf(number != null ? number : attributes.creationTime());
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static String checksum(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  private static PeftException unreadable(Path file, IOException e) {
    return new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
  }
}
