package org.peft4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that run a model. */
final class ModelOptions {
  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description =
          "Folder of a Hugging Face checkpoint: config.json, safetensors, and tokenizer.json where"
              + " text is read or written.")
  Path model = Path.of("");

  @Option(
      names = {"-a", "--adapter"},
      paramLabel = "DIR",
      description = "Folder of an adapter for it, written by this command or by Python.")
  Optional<Path> adapter = Optional.empty();

  @Mixin PrecisionOption precision = new PrecisionOption();
}
