package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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

  /** A tokenizer's config may hold thousands of added tokens. */
  private static final JsonReader TOKENIZERS = JsonReader.upTo(64 << 20, 1 << 24);

  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** Any of them makes a folder one with a tokenizer. */
  private static final List<String> VOCABULARIES =
      List.of("tokenizer.json", "tokenizer.model", "vocab.json");

  private static final List<String> TOKENIZER =
      List.of(
          "tokenizer.json",
          TOKENIZER_CONFIG,
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt");

  private static final List<String> TEMPLATES =
      List.of("chat_template.jinja", "chat_template.json");

  private static final String TEMPLATE = ".jinja";

  /** A folder of templates with names. */
  private static final String NAMED_TEMPLATES = "additional_chat_templates";

  private static final String GENERATION = "generation_config.json";

  /** Files that a copy of the checkpoint needs beside config and weights. */
  private static final List<String> COMPANIONS =
      Stream.of(TOKENIZER, TEMPLATES, List.of(GENERATION)).flatMap(List::stream).toList();

  private static final Set<String> OWN = Set.of(CONFIG, "model.safetensors.index.json");

  private CheckpointFiles() {}

  /**
   * Copies tokenizer, chat template and generation files. Each is the first folder's that has one;
   * files of two tokenizers do not mix.
   *
   * @param folders those to copy from, an adapter's before the model's
   * @throws PeftException if a file is a link that leads out of its folder: the copy would tell
   *     what is in another file. Links of a Hugging Face cache, from a snapshot to its blobs, may
   */
  static void copyCompanions(List<Path> folders, Path to) {
    List<Path> tokenizers = having(folders, VOCABULARIES);
    copyFirst(tokenizers.isEmpty() ? folders : tokenizers, TOKENIZER, to);
    templates(folders, tokenizers).stream()
        .filter(folder -> !having(List.of(folder), TEMPLATES).isEmpty() || hasNamed(folder))
        .findFirst()
        .ifPresent(
            folder -> {
              copy(folder, TEMPLATES, to);
              copyNamed(folder, to);
            });
    copyFirst(folders, List.of(GENERATION), to);
  }

  private static boolean hasNamed(Path folder) {
    return Files.isDirectory(folder.resolve(NAMED_TEMPLATES));
  }

  private static void copyNamed(Path from, Path to) {
    if (!hasNamed(from)) {
      return;
    }
    try (Stream<Path> files = Files.list(from.resolve(NAMED_TEMPLATES))) {
      List<String> names =
          files
              .map(file -> NAMED_TEMPLATES + "/" + file.getFileName())
              .filter(name -> name.endsWith(TEMPLATE))
              .sorted()
              .toList();
      Files.createDirectories(to.resolve(NAMED_TEMPLATES));
      copy(from, names, to);
    } catch (IOException e) {
      throw new PeftException("Cannot copy " + from.resolve(NAMED_TEMPLATES) + ": " + e + ".", e);
    }
  }

  private static void copyFirst(List<Path> folders, List<String> names, Path to) {
    having(folders, names).stream().findFirst().ifPresent(folder -> copy(folder, names, to));
  }

  /** Not those behind the tokenizer if it has a template of its own, which a file would replace. */
  private static List<Path> templates(List<Path> folders, List<Path> tokenizers) {
    for (Path folder : tokenizers.subList(0, Math.min(1, tokenizers.size()))) {
      Path config = folder.resolve(TOKENIZER_CONFIG);
      if (Files.isRegularFile(config) && TOKENIZERS.readObject(config).has("chat_template")) {
        return folders.subList(0, folders.indexOf(folder) + 1);
      }
    }
    return folders;
  }

  private static List<Path> having(List<Path> folders, List<String> names) {
    return folders.stream()
        .filter(folder -> names.stream().anyMatch(n -> Files.isRegularFile(folder.resolve(n))))
        .toList();
  }

  private static void copy(Path from, List<String> names, Path to) {
    for (String name : names) {
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
    if (name.equals(NAMED_TEMPLATES)) {
      return holdsTemplates(entry);
    }
    return Files.isRegularFile(entry)
        && (COMPANIONS.contains(name)
            || OWN.contains(name)
            || name.matches("model(-\\d+-of-\\d+)?\\.safetensors"));
  }

  private static boolean holdsTemplates(Path folder) {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(
          file -> Files.isRegularFile(file) && file.toString().endsWith(TEMPLATE));
    } catch (IOException e) {
      throw new PeftException("Cannot list " + folder + ": " + e.getMessage() + ".", e);
    }
  }
}
