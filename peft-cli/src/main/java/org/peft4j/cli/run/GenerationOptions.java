package org.peft4j.cli.run;

import java.util.Optional;
import picocli.CommandLine.Option;

/** How {@code peft generate} chooses tokens. */
final class GenerationOptions {
  @Option(
      names = {"-n", "--max-new-tokens"},
      paramLabel = "N",
      defaultValue = "100",
      description = "The most tokens to add (default: ${DEFAULT-VALUE}).")
  int maxNewTokens;

  @Option(
      names = "--sample",
      description = "Draw tokens at random; implied by --temperature, --top-k and --top-p.")
  boolean sample;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description =
          "Below 1 for likelier text, above 1 for more varied text, 0 to always take the likeliest"
              + " token (default: 1).")
  Optional<Double> temperature = Optional.empty();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Draw only from the K likeliest tokens; 0 for all (default: 50).")
  Optional<Integer> topK = Optional.empty();

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Draw only from the likeliest tokens whose probabilities add up to P (default: 1).")
  Optional<Double> topP = Optional.empty();

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description = "Above 1 to repeat less (default: ${DEFAULT-VALUE}).")
  double repetitionPenalty;

  @Option(
      names = "--ignore-eos",
      description = "Continue after an end-of-text token, up to --max-new-tokens.")
  boolean ignoreEos;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the random draws (default: ${DEFAULT-VALUE}).")
  long seed;
}
