package org.peft4j.cli.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.GenerationConfigBuilder;
import org.peft4j.transformers.generation.GenerationFile;

/** Puts options on top of what a model says about generation. */
final class Sampling {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 16);

  private static final OptionNames OPTIONS =
      new OptionNames(
          Map.ofEntries(
              Map.entry("maxNewTokens", "--max-new-tokens"),
              Map.entry("maxLength", "max_length"),
              Map.entry("temperature", "--temperature"),
              Map.entry("topK", "--top-k"),
              Map.entry("topP", "--top-p"),
              Map.entry("minP", "--min-p"),
              Map.entry("typicalP", "--typical-p"),
              Map.entry("minNewTokens", "--min-new-tokens"),
              Map.entry("noRepeatNgramSize", "--no-repeat-ngram-size"),
              Map.entry("encoderNoRepeatNgramSize", "--encoder-no-repeat-ngram-size"),
              Map.entry("encoderRepetitionPenalty", "--encoder-repetition-penalty"),
              Map.entry("promptLookupTokens", "--prompt-lookup"),
              Map.entry("stopStrings", "--stop"),
              Map.entry("numBeams", "--num-beams"),
              Map.entry("lengthPenalty", "--length-penalty"),
              Map.entry("numReturnSequences", "--num-return-sequences"),
              Map.entry("repetitionPenalty", "--repetition-penalty"),
              Map.entry("doSample false", "--temperature 0 or --no-sample"),
              Map.entry("Invalid GenerationConfig", "wrong options"),
              Map.entry("Invalid Beams", "wrong options"),
              Map.entry("Invalid TokenRules", "wrong options")));

  private final WritingOptions options;
  private final Path model;
  private final List<Integer> endOfText;

  /**
   * Options and the model that they are for.
   *
   * @param endOfText what ends a row, unless the options say that nothing does
   */
  Sampling(WritingOptions options, Path model, List<Integer> endOfText) {
    this.options = options;
    this.model = model;
    this.endOfText = endOfText;
  }

  /** What applies. */
  GenerationConfig config() {
    return config(0);
  }

  /** What applies, where so many tokens are guessed at each step. */
  GenerationConfig config(int promptLookup) {
    return OPTIONS.in(() -> config(builder -> onTop(builder).promptLookupTokens(promptLookup)));
  }

  /** What the model says, for {@code --verbose}. */
  String told() {
    Path file = model.resolve("generation_config.json");
    return Files.exists(file) && !options.ignoreGenerationConfig
        ? "generation_config.json: " + JSON.readObject(file)
        : "generation_config.json: none";
  }

  static String text(GenerationConfig config) {
    return ("do_sample %s, temperature %s, top_k %d, top_p %s, repetition_penalty %s,"
            + " num_beams %d, %s, eos_token_id %s")
        .formatted(
            config.doSample(),
            config.temperature(),
            config.topK(),
            config.topP(),
            config.repetitionPenalty(),
            config.beams().count(),
            length(config),
            config.eosTokenIds().orElse(List.of()));
  }

  /** How long a text may be. */
  static String length(GenerationConfig config) {
    return config.maxLength().isPresent()
        ? "max_length " + config.maxLength().getAsInt()
        : "max_new_tokens " + config.maxNewTokens();
  }

  private GenerationConfig config(UnaryOperator<GenerationConfigBuilder> own) {
    return options.ignoreGenerationConfig
        ? own.apply(GenerationConfig.builder()).build()
        : GenerationFile.read(model, own);
  }

  private static boolean draws(GenerationOptions given) {
    return Stream.of(given.temperature, given.topK, given.topP, given.minP, given.typicalP)
        .anyMatch(Optional::isPresent);
  }

  private static void draw(GenerationOptions given, GenerationConfigBuilder builder) {
    if (given.temperature.filter(value -> value == 0).isPresent()) {
      builder.doSample(false);
    }
    given.temperature.filter(value -> value != 0).ifPresent(builder::temperature);
    given.topK.ifPresent(builder::topK);
    given.topP.ifPresent(builder::topP);
    given.minP.ifPresent(builder::minP);
    given.typicalP.ifPresent(builder::typicalP);
  }

  private GenerationConfigBuilder onTop(GenerationConfigBuilder builder) {
    Optional<GenerationOptions> drawing =
        options instanceof GenerationOptions given ? Optional.of(given) : Optional.empty();
    if (drawing.filter(Sampling::draws).isPresent()) {
      builder.doSample(true);
    }
    options.sample.ifPresent(builder::doSample);
    options.maxNewTokens.ifPresent(builder::maxNewTokens);
    drawing.ifPresent(given -> draw(given, builder));
    options.repetitionPenalty.ifPresent(builder::repetitionPenalty);
    options.minNewTokens.ifPresent(builder::minNewTokens);
    options.noRepeatNgramSize.ifPresent(builder::noRepeatNgramSize);
    options.encoderNoRepeatNgramSize.ifPresent(builder::encoderNoRepeatNgramSize);
    options.encoderRepetitionPenalty.ifPresent(builder::encoderRepetitionPenalty);
    options.numBeams.ifPresent(builder::numBeams);
    options.lengthPenalty.ifPresent(builder::lengthPenalty);
    options.earlyStopping.ifPresent(builder::earlyStopping);
    options.numReturnSequences.ifPresent(builder::numReturnSequences);
    if (!options.stop.isEmpty()) {
      builder.stopStrings(options.stop);
    }
    return builder.eosTokenIds(options.ignoreEos ? List.of() : endOfText).seed(options.seed);
  }
}
