package org.peft4j.cli.run;

import java.util.List;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.GenerationConfigBuilder;

/** Turns options into a {@link GenerationConfig}. */
final class Sampling {
  private Sampling() {}

  /**
   * The config.
   *
   * @param endOfText what ends a row, unless the options say that nothing does
   */
  static GenerationConfig config(GenerationOptions options, List<Integer> endOfText) {
    boolean chosen =
        options.temperature.isPresent() || options.topK.isPresent() || options.topP.isPresent();
    boolean greedy = options.temperature.filter(value -> value == 0).isPresent();
    GenerationConfigBuilder builder =
        GenerationConfig.builder()
            .maxNewTokens(options.maxNewTokens)
            .doSample(!greedy && (options.sample || chosen))
            .repetitionPenalty(options.repetitionPenalty)
            .seed(options.seed);
    options.temperature.filter(value -> value != 0).ifPresent(builder::temperature);
    options.topK.ifPresent(builder::topK);
    options.topP.ifPresent(builder::topP);
    builder.eosTokenIds(options.ignoreEos ? List.of() : endOfText);
    return builder.build();
  }
}
