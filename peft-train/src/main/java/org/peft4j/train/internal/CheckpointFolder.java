package org.peft4j.train.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFolder;
import org.peft4j.internal.FileTrees;
import org.peft4j.internal.FreeSpace;
import org.peft4j.train.metrics.RunHistory;

/** The folder that holds the checkpoints of a training, each in a folder of its own. */
public final class CheckpointFolder {
  private static final Pattern NAME = Pattern.compile("checkpoint-([0-9]{1,18})");

  private final Path folder;
  private final long every;
  private final int kept;
  private long lastWritten = -1;

  /**
   * A folder for checkpoints, which is made when the first is written.
   *
   * @param every steps between checkpoints, 1 and above; 0 for one when the training is stopped
   * @param kept how many stay, 1 and above
   * @throws PeftException if a number is not allowed
   */
  public CheckpointFolder(Path folder, long every, int kept) {
    if (every < 0) {
      throw new PeftException("A checkpoint every " + every + " steps; allowed: 0 and above.");
    }
    if (kept < 1) {
      throw new PeftException("Checkpoints to keep: " + kept + "; allowed: 1 and above.");
    }
    this.kept = kept;
    this.folder = folder;
    this.every = every;
  }

  /** The checkpoint of the highest step in a folder, if there is one. */
  public static Optional<Path> latest(Path folder) {
    List<Path> all = list(folder);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** The last checkpoint in this folder, if there is one. */
  public Optional<Path> latest() {
    return latest(folder);
  }

  /** The checkpoint of a step. */
  public Path of(long step) {
    return folder.resolve("checkpoint-" + step);
  }

  /** Whether a folder has the state of a training. */
  public static boolean isCheckpoint(Path folder) {
    return Files.isRegularFile(folder.resolve(StateFile.NAME));
  }

  /** All checkpoints by growing step. */
  private static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> step(file) >= 0)
          .sorted(Comparator.comparingLong(CheckpointFolder::step))
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
   * Makes sure that a new training does not mix its checkpoints with those of another.
   *
   * @throws PeftException if there is a checkpoint
   */
  public void requireNone() {
    latest(folder)
        .ifPresent(
            latest -> {
              throw new PeftException(
                  latest
                      + " is of an earlier training. Resume from it, or choose another folder for"
                      + " checkpoints.");
            });
  }

  /**
   * Makes sure that the checkpoints will fit: those that are kept, the best, and one more while it
   * is written.
   *
   * @param bytes of one
   * @throws PeftException if they will not
   */
  public void requireRoom(long bytes) {
    FreeSpace.require(folder, (kept + 2L) * bytes, "the checkpoints");
  }

  /** Whether a checkpoint is to be written after that step. */
  public boolean due(long step) {
    return every > 0 && step % every == 0;
  }

  /**
   * Writes a checkpoint, and deletes all before the last that stay.
   *
   * @param best the step of one that stays in any case
   */
  public void write(TrainingState state, RunHistory history, OptionalLong best) {
    long step = history.steps();
    Path target = of(step);
    if (step == lastWritten) {
      return;
    }
    try {
      Files.createDirectories(folder);
      AtomicFolder.write(target, "checkpoint", temporary -> state.write(temporary, history));
      lastWritten = step;
      List<Path> all = list(folder);
      for (Path old : all.subList(0, Math.max(0, all.size() - kept))) {
        if (best.isEmpty() || step(old) != best.getAsLong()) {
          FileTrees.delete(old);
        }
      }
    } catch (IOException e) {
      throw new PeftException("Cannot write " + target + ": " + e.getMessage() + ".", e);
    }
  }
}
