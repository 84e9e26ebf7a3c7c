package org.peft4j.prompt.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.method.Injection;
import org.peft4j.prompt.internal.tuning.PromptTuningMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** What prompts for a model of 4 tokens and width 2 begin as. */
class PromptTuningTest {
  private static final Site PLACE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 2);
  private static final Site EMBEDDING = Site.embedding("wte", "wte", 4, 2, List.of());
  private static final INDArray ROWS =
      Nd4j.createFromArray(new double[][] {{0, 10}, {1, 11}, {2, 12}, {3, 13}});
  private static final Frozen MODEL = Frozen.of(EMBEDDING, ROWS);
  private static final PromptTuningMethod METHOD = new PromptTuningMethod();

  private static PromptTuningConfig.Builder config(int tokens) {
    return PromptTuningConfig.builder().virtualTokens(tokens);
  }

  private static INDArray begin(PromptTuningConfig config, Injection injection) {
    Adapter adapter = METHOD.inject(PLACE, config, injection).orElseThrow();
    return Values.first(1, adapter.parameters()).get("prompt_embeddings");
  }

  private static INDArray begin(PromptTuningConfig.Builder config) {
    return begin(config.build(), MODEL.injection(PLACE));
  }

  private static double[] tokensOf(INDArray prompt) {
    return prompt.getColumn(0).toDoubleVector();
  }

  @Test
  void atRandomItIsStandardNormal() {
    INDArray prompt = begin(config(2000));

    assertThat(prompt.shape()).containsExactly(2000, 2);
    assertThat(prompt.meanNumber().doubleValue()).isBetween(-0.05, 0.05);
    assertThat(prompt.stdNumber().doubleValue()).isBetween(0.96, 1.04);
  }

  @Test
  void fromTheVocabularyItIsRowsOfTheEmbedding() {
    INDArray prompt = begin(config(100).init(PromptInit.SAMPLE_VOCAB));

    for (int row = 0; row < 100; row++) {
      assertThat(prompt.getDouble(row, 1)).isEqualTo(prompt.getDouble(row, 0) + 10);
    }
    assertThat(tokensOf(prompt)).contains(0, 1, 2, 3);
  }

  @Test
  void aLongTextIsCut() {
    INDArray prompt = begin(config(2).initFromTokens(List.of(3, 0, 1)));

    assertThat(prompt).isEqualTo(Nd4j.createFromArray(new double[][] {{3, 13}, {0, 10}}));
  }

  @Test
  void aShortTextIsRepeated() {
    assertThat(tokensOf(begin(config(5).initFromTokens(List.of(2, 1)))))
        .containsExactly(2, 1, 2, 1, 2);
  }

  @Test
  void theRowsOfAnEmbeddingThatIsColumnMajorAreRowsToo() {
    Frozen model = Frozen.of(EMBEDDING, ROWS.dup('f'));

    assertThat(begin(config(2).initFromTokens(List.of(3, 0)).build(), model.injection(PLACE)))
        .isEqualTo(Nd4j.createFromArray(new double[][] {{3, 13}, {0, 10}}));
  }

  @ParameterizedTest
  @CsvSource({"4", "-1"})
  void aTokenThatTheModelDoesNotHaveIsRefused(int id) {
    assertThatThrownBy(() -> begin(config(2).initFromTokens(List.of(0, id))))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has token id " + id + "; allowed: 0 to 3.")
        .hasMessageContaining("tokenizer of this model");
  }

  @Test
  void aTextNeedsItsTokens() {
    assertThatThrownBy(() -> begin(config(2).init(PromptInit.TEXT)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("prompt_tuning_init is TEXT, but there is no text.");
    assertThatThrownBy(() -> begin(config(2).initFromText("hi", text -> new int[0])))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("The prompt starts from the text \"hi\", but there are no token");
  }

  @Test
  void aTextThatIsNotUsedIsRefused() {
    assertThatThrownBy(
            () ->
                begin(
                    config(2)
                        .initFromText("hi", text -> new int[] {1})
                        .init(PromptInit.SAMPLE_VOCAB)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("but prompt_tuning_init is SAMPLE_VOCAB, which does not use it.");
  }

  @Test
  void aModelWithoutEmbeddingHasNoRowsToBeginFrom() {
    PromptTuningConfig config = config(2).init(PromptInit.SAMPLE_VOCAB).build();

    assertThatThrownBy(() -> begin(config, Frozen.nothing().injection(PLACE)))
        .isInstanceOf(PeftException.class)
        .hasMessage("This model has no embedding to take rows from.");
  }

  @Test
  void valuesThatAreLoadedNeedNoTextAndNoEmbedding() {
    Injection loading = new Injection(List.of(PLACE), Frozen.nothing(), false, true);

    assertThat(begin(config(2).init(PromptInit.TEXT).build(), loading))
        .isEqualTo(Values.zeros(2, 2));
  }

  @Test
  void aConfigOfAnotherModelIsRefused() {
    PromptTuningConfig config =
        METHOD.readConfig(
            new ConfigReader(
                JsonNodeFactory.instance
                    .objectNode()
                    .put("num_virtual_tokens", 2)
                    .put("token_dim", 3)));

    assertThatThrownBy(() -> begin(config, MODEL.injection(PLACE)))
        .isInstanceOf(PeftException.class)
        .hasMessage("token_dim is 3, but this model's is 2. Leave it out.");
  }

  @Test
  void onlyATextIsEncoded() {
    PromptStart text = PromptStart.ofText("ab");
    PromptStart tokens = PromptStart.ofTokens(List.of(5));

    assertThat(text.encoded(t -> t.chars().toArray()).tokens()).containsExactly(97, 98);
    assertThat(tokens.encoded(t -> IntStream.range(0, 3).toArray())).isEqualTo(tokens);
    assertThat(PromptStart.RANDOM.encoded(t -> new int[] {1})).isEqualTo(PromptStart.RANDOM);
  }
}
