package org.peft4j.cli.run;

import java.util.Optional;
import picocli.CommandLine.Option;

/** How {@code peft generate} and {@code predict} write, with what tokens are drawn from. */
final class GenerationOptions extends WritingOptions {
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
      names = "--min-p",
      paramLabel = "P",
      description =
          "Draw only from tokens at least P times as likely as the likeliest (default: the model's,"
              + " or 0).")
  Optional<Double> minP = Optional.empty();

  @Option(
      names = "--typical-p",
      paramLabel = "P",
      description =
          "Draw only from the most typical tokens whose probabilities add up to P (default: the"
              + " model's, or 1).")
  Optional<Double> typicalP = Optional.empty();
}
