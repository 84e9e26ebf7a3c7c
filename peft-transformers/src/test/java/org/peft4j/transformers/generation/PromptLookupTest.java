package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.Transformers;

class PromptLookupTest {
  private static final int[] PROMPT = {27, 11, 27, 40, 6, 11, 27};

  private static final Map<String, PeftConfig> CONFIGS =
      Map.of(
          "lora", LoraConfig.builder().rank(2).build(),
          "prompt", PromptTuningConfig.builder().virtualTokens(3).build(),
          "prefix", PrefixTuningConfig.builder().virtualTokens(3).build());

  /** Expected: {@code PromptLookupCandidateGenerator} of transformers 5.18, two tokens at most. */
  static Stream<Arguments> texts() {
    return Stream.of(
        Arguments.of(new int[] {5, 6, 7, 8, 5, 6}, 3, new int[] {7, 8, 5}),
        Arguments.of(new int[] {5, 6, 7, 8, 5, 6}, 9, new int[] {7, 8, 5, 6}),
        Arguments.of(new int[] {5, 6, 7, 9, 6}, 4, new int[] {7, 9, 6}),
        Arguments.of(new int[] {1, 2, 9, 1, 2, 8, 1, 2}, 2, new int[] {9, 1}),
        Arguments.of(new int[] {4, 4, 4}, 5, new int[] {4}),
        Arguments.of(new int[] {4, 4}, 5, new int[] {4}),
        Arguments.of(new int[] {1, 2, 3}, 5, new int[] {}),
        Arguments.of(new int[] {1}, 5, new int[] {}),
        Arguments.of(new int[] {5, 6, 5, 6}, 0, new int[] {}));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void guessesWhatFollowedTheLatestTokens(int[] text, int most, int[] expected) {
    assertThat(PromptLookup.guess(text, most)).isEqualTo(expected);
  }

  private static GenerationConfigBuilder config() {
    return GenerationConfig.builder().maxNewTokens(40).eosTokenIds(List.of());
  }

  private static void assertSame(Generator generator, GenerationConfigBuilder config) {
    Generation plain = generator.generate(List.of(PROMPT), config.build());
    for (int tokens : new int[] {1, 3, 10}) {
      assertThat(generator.generate(List.of(PROMPT), config.promptLookupTokens(tokens).build()))
          .isEqualTo(plain);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "gemma2", "gpt_neo", "bloom"})
  void textIsTheSame(String base) {
    try (CausalLanguageModel model = Transformers.load(Golden.base(base))) {
      assertSame(Generator.of(model), config());
      assertSame(Generator.of(model), config().repetitionPenalty(1.3).noRepeatNgramSize(3));
      assertSame(Generator.of(model), config().doSample(true).temperature(0.7).seed(4));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "prompt", "prefix"})
  void textIsTheSameWithAnAdapter(String name) {
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), Objects.requireNonNull(CONFIGS.get(name)), 5)) {
      assertSame(Generator.of(base, model.network()), config());
    }
  }

  @Test
  void textIsTheSameBehindAnEncoder() {
    try (Seq2SeqLanguageModel model = Transformers.loadSeq2Seq(Golden.base("t5"))) {
      assertSame(Generator.of(model), config());
    }
  }

  @Test
  void rowEndsAtTheModelsLastPosition() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("gpt2"))) {
      assertSame(Generator.of(model), config().maxNewTokens(1000));
    }
  }

  @Test
  void tokensThatWereTakenBackLeaveNothingBehind() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"));
        Steps steps = new Steps(model.graph(), false)) {
      steps.next(new int[][] {PROMPT});
      float[] expected = steps.next(new int[] {3, 14}, 2)[1];
      steps.close();

      steps.next(new int[][] {PROMPT});
      steps.next(new int[] {3, 30, 31, 32}, 4);
      steps.takeBack(3);
      float[] again = steps.next(new int[] {14}, 1)[0];

      for (int i = 0; i < expected.length; i++) {
        assertThat(again[i]).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  @Test
  void severalRowsAndBeamsAreRefused() {
    GenerationConfig lookup = config().promptLookupTokens(4).build();
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      assertThatThrownBy(() -> Generator.of(model).generate(List.of(PROMPT, PROMPT), lookup))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("promptLookupTokens is 4, which continues one row at a time");
    }
    assertThatThrownBy(() -> config().promptLookupTokens(4).numBeams(2).build())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("numBeams and numReturnSequences must be 1");
    assertThatThrownBy(() -> config().promptLookupTokens(-1).build())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("promptLookupTokens is -1; allowed: 0 or more");
  }
}
