package org.peft4j.internal.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * A file that belongs to the weights file beside it. The weights file carries the companion's
 * checksum. A new companion waits under another name until the weights have been replaced, so one
 * of the two always belongs to the weights, whenever writing ends.
 */
final class Companion {
  private final Path current;
  private final Path next;
  private final String checksumKey;

  /**
   * @param name the companion's name
   * @param checksumKey the key of its checksum in the metadata of the weights
   */
  Companion(Path folder, String name, String checksumKey) {
    this.current = folder.resolve(name);
    this.next = folder.resolve(name + ".next");
    this.checksumKey = checksumKey;
  }

  Path next() {
    return next;
  }

  /** The companion of weights with this metadata; empty if there is none. */
  Optional<Path> of(Map<String, String> metadata) {
    if (Files.exists(next) && checksum(next).equals(metadata.get(checksumKey))) {
      return Optional.of(next);
    }
    return Files.exists(current) ? Optional.of(current) : Optional.empty();
  }

  /** Adds the checksum of the waiting companion to the metadata of the new weights. */
  void announce(Map<String, String> metadata) {
    metadata.put(checksumKey, checksum(next));
  }

  /** Moves the waiting companion to its place, after the weights have been written. */
  void settle() {
    try {
      Files.move(next, current, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new PeftException("Cannot write " + current + ": " + e.getMessage() + ".", e);
    }
  }

  /** Deletes an older companion, after weights without one have been written. */
  void remove() {
    try {
      Files.deleteIfExists(next);
      Files.deleteIfExists(current);
    } catch (IOException e) {
      throw new PeftException("Cannot delete " + current + ": " + e.getMessage() + ".", e);
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
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
