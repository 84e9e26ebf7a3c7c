package org.peft4j.transformers.plan;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;
import org.peft4j.transformers.config.ModelConfigReader;
import org.peft4j.transformers.config.T5Config;
import org.peft4j.transformers.config.T5ConfigReader;

/**
 * All that a plan needs to know of a family: its modules with their shapes, and what its blocks
 * hold while they train.
 */
interface Architecture {
  /** The {@code model_type} of its {@code config.json}. */
  String modelType();

  /** Whether models of it can be loaded and trained here. */
  boolean runs();

  /** Every site, named as the modules of a checkpoint, in the order of the forward pass. */
  List<Site> sites();

  /** The names of output heads. */
  Set<String> heads();

  /** Names of sites whose parameters are those of a site before. */
  Set<String> tied();

  /** What a training step holds. */
  StepShape step(TrainingBatch batch);

  /**
   * Reads a {@code config.json}.
   *
   * @param path the file, or a folder that it is in
   * @throws PeftException if there is none, or its family is not known
   */
  static Architecture read(Path path) {
    if (!Files.exists(path)) {
      throw new PeftException(
          "There is nothing at " + path + "; give a config.json or a folder with one.");
    }
    Path file = Files.isDirectory(path) ? path.resolve("config.json") : path;
    if (!Files.exists(file)) {
      throw new PeftException(path + " has no config.json.");
    }
    Optional<T5Config> t5 = T5ConfigReader.read(file);
    return t5.isPresent()
        ? new T5Architecture(t5.get())
        : new CausalArchitecture(ModelConfigReader.readFile(file));
  }
}
