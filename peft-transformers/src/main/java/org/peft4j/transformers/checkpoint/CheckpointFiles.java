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

/** Which files a checkpoint folder consists of. */
final class CheckpointFiles {
  static final String CONFIG = "config.json";

  /** Reads configs, whose fields keep their order. */
  static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  /** Files beside config and weights, which a copy of the checkpoint needs too. */
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
   * Fails if {@code folder} holds anything that is no part of a checkpoint, and would be lost if a
   * checkpoint replaced it.
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
                + ", which is no part of a checkpoint and would be lost. Give a new or empty folder,"
                + " or one that holds nothing but a checkpoint.");
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
