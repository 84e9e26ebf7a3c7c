package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that run a model. */
public final class ModelOptions {
  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description =
          "Folder of a Hugging Face checkpoint: config.json, safetensors, and for text"
              + " tokenizer.json.")
  public Path model = Path.of("");

  @Option(
      names = {"-a", "--adapter"},
      paramLabel = "DIR",
      description = "Folder of an adapter for that model, written by this command or by Python.")
  public Optional<Path> adapter = Optional.empty();

  @Mixin public PrecisionOption precision = new PrecisionOption();
}
