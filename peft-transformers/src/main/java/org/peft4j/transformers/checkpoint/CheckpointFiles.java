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

  /** Copies tokenizer and generation files from one folder to another. */
  static void copyCompanions(Path from, Path to) {
    for (String name : COMPANIONS) {
      Path source = from.resolve(name);
      if (Files.isRegularFile(source)) {
        copy(source, to.resolve(name));
      }
    }
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
