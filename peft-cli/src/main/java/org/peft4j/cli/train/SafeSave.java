package org.peft4j.cli.train;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.FreeSpace;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/**
 * Saves a trained adapter, somewhere: where the output folder cannot be written, in a new folder
 * {@code peft-adapter-…} on another path, so that the work of a long training is not lost.
 *
 * @param output where the user wants it
 * @param others folders to make a new one in, the first that can be written
 * @param ask asks for another folder where those do not do; nothing to give up
 * @param embeddings whether the base model's embeddings are saved beside it
 * @param labels writes the labels of the trained head beside it
 */
record SafeSave(
    Path output,
    List<Path> others,
    Supplier<Optional<Path>> ask,
    boolean embeddings,
    Consumer<Path> labels) {
  /** What a config and the metrics of a short training take. */
  private static final long BESIDE = 1 << 16;

  SafeSave {
    others = List.copyOf(others);
  }

  /** With the present folder, the user's own and the one for temporary files as the others. */
  static SafeSave to(Path output, boolean embeddings, Consumer<Path> labels) {
    return new SafeSave(
        output,
        List.of(
            Path.of("").toAbsolutePath(),
            Path.of(System.getProperty("user.home", "")),
            Path.of(System.getProperty("java.io.tmpdir", ""))),
        SafeSave::askOnTerminal,
        embeddings,
        labels);
  }

  private static Optional<Path> askOnTerminal() {
    Console terminal = System.console();
    String line =
        terminal == null
            ? null
            : terminal.readLine("Folder for the trained adapter (nothing gives it up): ");
    return Optional.ofNullable(line).filter(given -> !given.isBlank()).map(Path::of);
  }

  /** Fails if the disk has no room for the adapter, and for another while that is replaced. */
  void requireRoom(PeftModel<?> model) {
    long parameters = model.trainableParameters().trainable() + beside(model);
    long bytes = 2 * Float.BYTES * parameters + BESIDE;
    FreeSpace.require(output, bytes, "the adapter, written twice, with its config and metrics");
  }

  private long beside(PeftModel<?> model) {
    Set<SiteRole> saved = Set.of(SiteRole.TOKEN_EMBEDDING, SiteRole.HEAD);
    return model.sites().stream()
        .filter(site -> embeddings && saved.contains(site.role()))
        .mapToLong(Site::count)
        .sum();
  }

  /**
   * Saves the model's adapters.
   *
   * @throws PeftException if they are not in the output folder; says where they are instead
   */
  void save(PeftModel<?> model) {
    try {
      write(model, output);
    } catch (PeftException e) {
      throw new PeftException(e.getMessage() + " " + elsewhere(model), e);
    }
  }

  private void write(PeftModel<?> model, Path folder) {
    if (embeddings) {
      model.saveWithEmbeddings(folder);
    } else {
      model.save(folder);
    }
    labels.accept(folder);
  }

  private String elsewhere(PeftModel<?> model) {
    for (Path other : others) {
      try {
        Path folder = Files.createTempDirectory(other, "peft-adapter-");
        try {
          write(model, folder);
          return "The trained adapter is in " + folder + " instead.";
        } catch (PeftException e) {
          Files.deleteIfExists(folder);
        }
      } catch (IOException e) {
        // The next may do.
      }
    }
    return asked(model)
        .map(folder -> "The trained adapter is in " + folder + " instead.")
        .orElse("Neither could it be saved in one of " + others + ".");
  }

  private Optional<Path> asked(PeftModel<?> model) {
    Optional<Path> folder = ask.get();
    while (folder.isPresent()) {
      try {
        write(model, folder.get());
        return folder;
      } catch (PeftException e) {
        folder = ask.get();
      }
    }
    return folder;
  }
}
