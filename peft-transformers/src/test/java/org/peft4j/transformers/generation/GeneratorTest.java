package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

class GeneratorTest {
  private static final int[] LONG = {27, 11, 27, 40, 6};
  private static final int[] SHORT = {34};
  private static final GenerationConfig SAMPLE =
      GenerationConfig.builder().doSample(true).maxNewTokens(8).eosTokenIds(List.of()).build();

  private static CausalLanguageModel llama;

  @BeforeAll
  static void load() {
    llama = Transformers.load(Golden.base("llama"));
  }

  @AfterAll
  static void close() {
    llama.close();
  }

  @Test
  void rowDoesNotDependOnTheOthersOfItsBatch() {
    Generator generator = Generator.of(llama);

    Generation both = generator.generate(List.of(LONG, SHORT), greedy(8));

    assertThat(both.rows().get(0)).isEqualTo(only(generator.generate(List.of(LONG), greedy(8))));
    assertThat(both.rows().get(1)).isEqualTo(only(generator.generate(List.of(SHORT), greedy(8))));
  }

  @Test
  void sameSeedDrawsTheSameTokensAndAnotherSeedOthers() {
    Generator generator = Generator.of(llama);
    GenerationConfig other =
        GenerationConfig.builder()
            .doSample(true)
            .maxNewTokens(8)
            .eosTokenIds(List.of())
            .seed(1)
            .build();

    Generation first = generator.generate(List.of(LONG, LONG), SAMPLE);

    assertThat(generator.generate(List.of(LONG, LONG), SAMPLE)).isEqualTo(first);
    assertThat(generator.generate(List.of(LONG, LONG), other)).isNotEqualTo(first);
    assertThat(first.rows().get(0)).isNotEqualTo(first.rows().get(1));
  }

  @Test
  void listenerIsToldEveryTokenOfEveryRow() {
    List<List<Integer>> told = List.of(new ArrayList<>(), new ArrayList<>());

    Generation generation =
        Generator.of(llama)
            .generate(List.of(LONG, SHORT), greedy(5), (row, id) -> told.get(row).add(id));

    assertThat(told).isEqualTo(generation.rows().stream().map(GeneratedRow::tokens).toList());
  }

  @Test
  void failureLeavesNoStateBehind() {
    Generator generator = Generator.of(llama);
    Generation before = generator.generate(List.of(LONG, SHORT), greedy(4));

    assertThatThrownBy(
            () ->
                generator.generate(
                    List.of(LONG, SHORT),
                    greedy(4),
                    (row, id) -> {
                      throw new IllegalStateException("stop");
                    }))
        .hasMessage("stop");

    assertThat(only(generator.generate(List.of(LONG), greedy(4)))).isEqualTo(before.rows().get(0));
  }

  @Test
  void activeAdapterActsAndADisabledOneDoesNot() {
    ComputationGraph graph = llama.graph();
    try (PeftModel<ComputationGraph> peft =
        Peft.load(graph, Golden.folder("llama_all_seven").resolve("adapter"))) {
      Generation base = Generator.of(llama).generate(List.of(LONG, SHORT), greedy(8));
      Generator adapted = Generator.of(llama, peft.network());

      assertThat(adapted.generate(List.of(LONG, SHORT), greedy(8))).isNotEqualTo(base);
      try (AdapterScope off = peft.adaptersDisabled()) {
        assertThat(adapted.generate(List.of(LONG, SHORT), greedy(8))).isEqualTo(base);
      }
    }
  }

  /** The last token needs no position, as the model does not read it. */
  @Test
  void moreTokensThanPositionsAreToldBeforeTheFirst() {
    assertThat(Generator.warning(64, 60, 5)).isEmpty();
    assertThat(Generator.warning(64, 60, 6))
        .contains(
            "The model has 64 positions: after a prompt of 60 tokens, at most 5 of the 6 new"
                + " tokens will come.");
  }

  @Test
  void aPromptAsLongAsMaxLengthIsRefused() {
    GenerationConfig config = GenerationConfig.builder().maxLength(LONG.length).build();

    assertThatThrownBy(() -> Generator.of(llama).generate(List.of(SHORT, LONG), config))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("longest prompt has 5 tokens and maxLength is 5, prompt included");
  }

  @Test
  void impossiblePromptsAreRefusedTogether() {
    int positions = llama.architecture().maxPositions();

    assertThatThrownBy(
            () ->
                Generator.of(llama)
                    .generate(
                        List.of(new int[0], new int[positions + 1], new int[] {1, 99}), greedy(1)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Cannot generate: Prompt 0 has no token; begin it with the model's begin-of-text token"
                + " at least. Prompt 1 has "
                + (positions + 1)
                + " tokens; this model has "
                + positions
                + " positions. Shorten it. Prompt 2 has the token id 99; allowed: 0 to 55. Does the"
                + " tokenizer belong to this model?");
  }

  @Test
  void rowEndsWhereTheModelHasNoMorePositions() {
    try (CausalLanguageModel gpt2 = Transformers.load(Golden.base("gpt2"))) {
      int positions = gpt2.architecture().maxPositions();

      GeneratedRow row =
          only(Generator.of(gpt2).generate(List.of(new int[positions - 2]), greedy(50)));

      assertThat(row.tokens()).hasSize(3);
      assertThat(row.ending()).isEqualTo(Ending.POSITIONS);
    }
  }

  private static GenerationConfig greedy(int tokens) {
    return GenerationConfig.builder().maxNewTokens(tokens).eosTokenIds(List.of()).build();
  }

  private static GeneratedRow only(Generation generation) {
    return generation.rows().get(0);
  }
}
