package org.peft4j.cli.run;

import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * How {@code peft generate} chooses tokens. What is not given is as the model's
 * generation_config.json says, and then as in Hugging Face transformers.
 */
final class GenerationOptions {
  @Option(
      names = {"-n", "--max-new-tokens"},
      paramLabel = "N",
      description = "The most tokens to add (default: the model's, or 20).")
  Optional<Integer> maxNewTokens = Optional.empty();

  @Option(
      names = "--sample",
      negatable = true,
      description =
          "Draw tokens at random, or always take the likeliest; --temperature, --top-k and --top-p"
              + " imply --sample (default: the model's, or not).")
  Optional<Boolean> sample = Optional.empty();

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description =
          "Below 1 for likelier text, above 1 for more varied text, 0 to always take the likeliest"
              + " token (default: the model's, or 1).")
  Optional<Double> temperature = Optional.empty();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description =
          "Draw only from the K likeliest tokens; 0 for all (default: the model's, or 50).")
  Optional<Integer> topK = Optional.empty();

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Draw only from the likeliest tokens whose probabilities add up to P (default: the"
              + " model's, or 1).")
  Optional<Double> topP = Optional.empty();

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      description = "Above 1 to repeat less (default: the model's, or 1).")
  Optional<Double> repetitionPenalty = Optional.empty();

  @Option(
      names = "--ignore-eos",
      description = "Continue after an end-of-text token, up to --max-new-tokens.")
  boolean ignoreEos;

  @Option(
      names = "--ignore-generation-config",
      description = "Do not read the model's generation_config.json.")
  boolean ignoreGenerationConfig;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the random draws (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--verbose",
      description = "Print the model's settings of generation, and those that apply.")
  boolean verbose;
}
