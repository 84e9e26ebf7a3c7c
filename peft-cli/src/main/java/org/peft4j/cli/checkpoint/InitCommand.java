package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.Output;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft init}: writes a checkpoint with random weights. */
@Command(
    name = "init",
    customSynopsis = "peft init --config FILE --output DIR [OPTION]...",
    header = "Write a checkpoint with random weights, for tests and benchmarks.",
    description = "The same config and seed give the same weights.",
    footer = {"", "Example:", "  peft init --config config.json --output my-model --seed 1"})
public final class InitCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE",
      description = "A Hugging Face config.json of a supported model_type.")
  Path config = Path.of("");

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "Folder to write: new, empty, or a checkpoint to replace.")
  Path output = Path.of("");

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the weights (default: ${DEFAULT-VALUE}).")
  long seed;

  @Override
  public void run() {
    RandomCheckpoint.init(config, output, seed);
    Output.of(spec).println("checkpoint written to " + output);
  }
}
