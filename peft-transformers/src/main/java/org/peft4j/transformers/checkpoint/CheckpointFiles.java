package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;
import org.peft4j.internal.json.JsonReader;

/** The files of a checkpoint folder. */
final class CheckpointFiles {
  static final String CONFIG = "config.json";

  /** Reads configs and keeps their fields' order. */
  static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  /** Files that a copy of the checkpoint needs beside config and weights. */
  private static final List<String> COMPANIONS =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "chat_template.json",
          "generation_config.json");

  private static final Set<String> OWN = Set.of(CONFIG, "model.safetensors.index.json");

  private CheckpointFiles() {}

  /**
   * Copies tokenizer and generation files from one folder to another.
   *
   * @throws PeftException if one is a link that leads out of the folder: the copy would tell what
   *     is in another file. Links of a Hugging Face cache, from a snapshot to its blobs, may
   */
  static void copyCompanions(Path from, Path to) {
    for (String name : COMPANIONS) {
      Path source = from.resolve(name);
      if (Files.isRegularFile(source)) {
        requireWithin(from, source);
        copy(source, to.resolve(name));
      }
    }
  }

  /** Fails if {@code file} is a link out of {@code folder}, and not one of a Hugging Face cache. */
  static void requireWithin(Path folder, Path file) {
    try {
      Path real = file.toRealPath();
      Path inside = folder.toRealPath();
      if (!real.startsWith(inside) && !real.startsWith(blobs(inside))) {
        throw new PeftException(
            file
                + " is a link to "
                + real
                + ", outside of the model's folder, and would be copied. Put the file itself there,"
                + " or delete the link.");
      }
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    }
  }

  /** Where a Hugging Face cache keeps the contents of {@code models--x/snapshots/revision}. */
  private static Path blobs(Path folder) {
    Path snapshots = folder.getParent();
    return snapshots != null && snapshots.endsWith("snapshots")
        ? snapshots.resolveSibling("blobs")
        : folder;
  }

  private static void copy(Path source, Path target) {
    AtomicFile.write(
        target,
        channel -> {
          try (FileChannel input = FileChannel.open(source, StandardOpenOption.READ)) {
            long size = input.size();
            for (long done = 0; done < size; ) {
              done += input.transferTo(done, size - done, channel);
            }
          }
        });
  }

  /**
   * Fails if {@code folder} contains anything that does not belong to a checkpoint: replacing the
   * folder would lose it.
   */
  static void requireReplaceable(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      List<String> foreign =
          entries
              .filter(entry -> !isPart(entry))
              .map(Path::getFileName)
              .map(Path::toString)
              .sorted()
              .toList();
      if (!foreign.isEmpty()) {
        throw new PeftException(
            "The folder "
                + folder
                + " holds "
                + foreign.get(0)
                + (foreign.size() == 1 ? "" : " and " + (foreign.size() - 1) + " more")
                + ", which does not belong to a checkpoint and would be lost. Give a new or empty"
                + " folder, or one that contains only a checkpoint.");
      }
    } catch (IOException e) {
      throw new PeftException("Cannot list " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private static boolean isPart(Path entry) {
    String name = String.valueOf(entry.getFileName());
    return Files.isRegularFile(entry)
        && (COMPANIONS.contains(name)
            || OWN.contains(name)
            || name.matches("model(-\\d+-of-\\d+)?\\.safetensors"));
  }
}
