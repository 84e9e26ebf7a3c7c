package org.peft4j.transformers.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.SpecialTokens;

/** Labels of two texts, of which the second is shorter, become what a decoder reads. */
class ShiftedLabelsTest {
  private static final SpecialTokens TOKENS =
      new SpecialTokens(OptionalInt.empty(), List.of(2), OptionalInt.of(1), OptionalInt.of(0));

  private static int[][] shifted(SpecialTokens tokens, int[]... labels) {
    return ShiftedLabels.of(Nd4j.createFromArray(labels), tokens).toIntMatrix();
  }

  @Test
  void aDecoderBeginsWithItsToken() {
    assertThat(shifted(TOKENS, new int[] {5, 6, 7, 2}, new int[] {5, 2, -100, -100}))
        .isDeepEqualTo(new int[][] {{0, 5, 6, 7}, {0, 5, 2, 1}});
  }

  /** 50 and 51 are languages, at the end of their texts, as in mBART. */
  @Test
  void theLanguageComesFirst() {
    int[][] expected = {{50, 5, 6, 2}, {51, 2, 51, 1}};
    SpecialTokens tokens = TOKENS.beginningWithLast();

    assertThat(shifted(tokens, new int[] {5, 6, 2, 50}, new int[] {2, 51, -100, -100}))
        .isDeepEqualTo(expected);
    assertThat(shifted(tokens, new int[] {5, 6, 2, 50}, new int[] {2, 51, 1, 1}))
        .isDeepEqualTo(expected);
  }

  @Test
  void withoutPaddingTheLastTokenIsNotKnown() {
    SpecialTokens none =
        new SpecialTokens(OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty());

    assertThatThrownBy(() -> shifted(none.beginningWithLast(), new int[] {5, 2}))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("no pad_token_id");
  }
}
