package org.peft4j.train;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * The checkpoints of a training: folders {@code checkpoint-<step>} in one folder. Each appears as a
 * whole, when all of it is written. A checkpoint holds the adapters as {@link
 * org.peft4j.PeftModel#save} writes them, {@code optimizer.safetensors} and {@code
 * training_state.json}.
 */
public final class Checkpoints {
  private static final Pattern NAME = Pattern.compile("checkpoint-([0-9]{1,18})");
  private static final int KEPT = 2;

  private final Path folder;
  private final long every;
  private long lastWritten = -1;

  Checkpoints(Path folder, long every) {
    if (every < 1) {
      throw new PeftException("Checkpoints every " + every + " steps; allowed: 1 and above.");
    }
    this.folder = folder;
    this.every = every;
  }

  /** The checkpoint of the highest step in a folder, if there is one. */
  public static Optional<Path> latest(Path folder) {
    List<Path> all = list(folder);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** All checkpoints by growing step. */
  private static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> step(file) >= 0)
          .sorted(Comparator.comparingLong(Checkpoints::step))
          .toList();
    } catch (IOException e) {
      throw new PeftException("Cannot list " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private static long step(Path file) {
    Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
    return name.matches() ? Long.parseLong(name.group(1)) : -1;
  }

  /**
   * Fails if there are checkpoints: a training from the start must not mix its own with them.
   *
   * @throws PeftException if there are
   */
  void requireNone() {
    latest(folder)
        .ifPresent(
            latest -> {
              throw new PeftException(
                  latest
                      + " is of an earlier training. Resume from it, or choose another folder for"
                      + " checkpoints.");
            });
  }

  boolean due(long step) {
    return step % every == 0;
  }

  /** Writes a checkpoint and deletes all before the last two. */
  void write(TrainingState state) {
    Path target = folder.resolve("checkpoint-" + state.step());
    if (state.step() == lastWritten) {
      return;
    }
    Path temporary = folder.resolve(".checkpoint-" + UUID.randomUUID() + ".tmp");
    try {
      Files.createDirectories(temporary);
      state.write(temporary);
      deleteAll(target);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      lastWritten = state.step();
      List<Path> all = list(folder);
      for (Path old : all.subList(0, Math.max(0, all.size() - KEPT))) {
        deleteAll(old);
      }
    } catch (IOException e) {
      throw new PeftException("Cannot write " + target + ": " + e.getMessage() + ".", e);
    } finally {
      deleteQuietly(temporary);
    }
  }

  private static void deleteQuietly(Path temporary) {
    try {
      deleteAll(temporary);
    } catch (IOException ignored) {
      // The failure that brought us here is the one to report.
    }
  }

  private static void deleteAll(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
