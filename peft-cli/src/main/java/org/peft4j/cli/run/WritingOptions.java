package org.peft4j.cli.run;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.generation.EarlyStopping;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * How a model writes. What is not given is as the model's generation_config.json says, and then as
 * in Hugging Face transformers.
 */
class WritingOptions {
  @Option(
      names = {"-n", "--max-new-tokens"},
      paramLabel = "N",
      description = "The most tokens to add (default: the model's, or 20).")
  Optional<Integer> maxNewTokens = Optional.empty();

  @Option(
      names = "--sample",
      negatable = true,
      description =
          "Draw tokens at random, or always take the likeliest (default: the model's, or not; what"
              + " says how to draw implies --sample).")
  Optional<Boolean> sample = Optional.empty();

  @Option(
      names = "--min-new-tokens",
      paramLabel = "N",
      description = "The fewest tokens to add (default: the model's, or 0).")
  Optional<Integer> minNewTokens = Optional.empty();

  @Option(
      names = "--no-repeat-ngram-size",
      paramLabel = "N",
      description = "No run of N tokens comes twice (default: the model's, or 0: any may).")
  Optional<Integer> noRepeatNgramSize = Optional.empty();

  @Option(
      names = "--encoder-no-repeat-ngram-size",
      paramLabel = "N",
      description =
          "No run of N tokens of the prompt, or of the text that an encoder reads, comes (default:"
              + " the model's, or 0: any may).")
  Optional<Integer> encoderNoRepeatNgramSize = Optional.empty();

  @Option(
      names = "--encoder-repetition-penalty",
      paramLabel = "X",
      description =
          "Above 1 for more tokens of the prompt, or of the text that an encoder reads (default: the"
              + " model's, or 1).")
  Optional<Double> encoderRepetitionPenalty = Optional.empty();

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End where the new text has this in it; repeatable (default: the model's).")
  List<String> stop = new ArrayList<>();

  @Option(
      names = "--num-beams",
      paramLabel = "N",
      description =
          "Beam search: the likeliest text as a whole, of N that grow side by side (default: the"
              + " model's, or 1: none). With --sample, tokens that continue them are drawn.")
  Optional<Integer> numBeams = Optional.empty();

  @Option(
      names = "--length-penalty",
      paramLabel = "X",
      description = "Above 0, longer beams gain (default: the model's, or 1).")
  Optional<Double> lengthPenalty = Optional.empty();

  @Option(
      names = "--early-stopping",
      paramLabel = "WHEN",
      description =
          "When beam search has enough texts, yes, no or never: ${COMPLETION-CANDIDATES} (default:"
              + " the model's, or NO).")
  Optional<EarlyStopping> earlyStopping = Optional.empty();

  @Option(
      names = "--num-return-sequences",
      paramLabel = "N",
      description = "Texts for each prompt, with beams or drawn (default: the model's, or 1).")
  Optional<Integer> numReturnSequences = Optional.empty();

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

  /** The names of those that were typed. */
  static List<String> given(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec).commandLine().getParseResult().matchedOptions().stream()
        .filter(
            option ->
                option.userObject() instanceof Field field
                    && WritingOptions.class.isAssignableFrom(field.getDeclaringClass()))
        .map(OptionSpec::longestName)
        .toList();
  }
}
