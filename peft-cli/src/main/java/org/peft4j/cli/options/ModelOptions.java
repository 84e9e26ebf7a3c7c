package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
      paramLabel = "DIR[=W]",
      converter = WeightedFolder.Converter.class,
      description =
          "Folder of an adapter for that model, written by this command or by Python. Repeatable:"
              + " all act together, each times its weight W (default: 1).")
  public List<WeightedFolder> adapters = new ArrayList<>();

  @Mixin public PrecisionOption precision = new PrecisionOption();
}
