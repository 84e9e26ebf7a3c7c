package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFolder;
import org.peft4j.internal.FreeSpace;

/**
 * Writes a checkpoint folder as a whole, and only where nothing else would be lost. See {@link
 * AtomicFolder}.
 */
final class OutputFolder {
  private final Path target;

  private OutputFolder(Path target) {
    this.target = target;
  }

  /**
   * Creates or replaces {@code folder}; {@code content} writes its files.
   *
   * @param bytes what the files take. The disk must have so much, beside a checkpoint that is
   *     replaced, before anything is written
   * @throws PeftException if {@code folder} contains anything that does not belong to a checkpoint,
   *     or cannot be written
   */
  static void write(Path folder, long bytes, Consumer<Path> content) {
    write(folder, Optional.empty(), bytes, content);
  }

  /**
   * Like {@link #write(Path, long, Consumer)}.
   *
   * @param source a folder that is read meanwhile
   * @throws PeftException if {@code folder} is the source, contains it or lies within it
   */
  static void write(Path folder, Path source, long bytes, Consumer<Path> content) {
    write(folder, Optional.of(source), bytes, content);
  }

  private static void write(
      Path folder, Optional<Path> source, long bytes, Consumer<Path> content) {
    Path target = folder.toAbsolutePath().normalize();
    if (target.getFileName() == null) {
      throw new PeftException(
          "Cannot write to " + folder + ": it is a root folder. Give another one.");
    }
    FreeSpace.require(folder, bytes, "the checkpoint");
    try {
      Path parent = Files.createDirectories(target.resolveSibling("")).toRealPath();
      OutputFolder output = new OutputFolder(real(parent.resolve(target.getFileName())));
      if (source.isPresent()) {
        output.requireApart(source.get().toRealPath());
      }
      output.requireReplaceable();
      AtomicFolder.write(output.target, String.valueOf(output.target.getFileName()), content);
    } catch (IOException e) {
      throw new PeftException("Cannot write to " + folder + ": " + reason(e) + ".", e);
    }
  }

  private static Path real(Path path) throws IOException {
    return Files.exists(path) ? path.toRealPath() : path;
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + " " + e.getMessage();
  }

  private void requireApart(Path source) {
    if (target.startsWith(source) || source.startsWith(target)) {
      throw new PeftException(
          "Cannot write to "
              + target
              + ": the model was read from "
              + source
              + ". Give another folder.");
    }
  }

  private void requireReplaceable() {
    if (Files.isDirectory(target)) {
      CheckpointFiles.requireReplaceable(target);
    } else if (Files.exists(target)) {
      throw new PeftException("Cannot write to " + target + ": it is a file. Give a folder.");
    }
  }
}
