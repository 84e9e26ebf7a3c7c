package org.peft4j.transformers.internal.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.Values;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.TestModules;

/** The first hidden states of tokens: {@code projection(multiplier·tokens[id]) + positions[p]}. */
class EmbeddingsTest {
  private static final int NARROW = 2;
  private static final int WIDTH = 3;
  private static final int[] IDS = {4, 0, 2, 1, 1, 3};

  private static InputPart part(double multiplier, boolean projection, int offset) {
    long embedded = projection ? NARROW : WIDTH;
    InputPart plain =
        InputPart.of(EmbeddingPart.of("tokens", SiteRole.TOKEN_EMBEDDING, 5, embedded, 0.02));
    EmbeddingPart places =
        EmbeddingPart.of("places", SiteRole.POSITION_EMBEDDING, 6L + offset, WIDTH, 0.02);
    return new InputPart(
        plain.tokens(),
        multiplier,
        false,
        projection
            ? Optional.of(LinearPart.of("in", SiteRole.OTHER, NARROW, WIDTH, false, 0.02))
            : Optional.empty(),
        Optional.of(new PositionPart(places, offset, offset > 0)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        plain.prompt());
  }

  private static TestModules modules(InputPart part) {
    return new TestModules(
        new StackPart(part, List.of(), Optional.empty(), Optional.empty()),
        HeadPart.Language.of("head", WIDTH, 5, false, 0.02));
  }

  private static Tokens tokens(int @Nullable [] padding, int @Nullable [] mask, int past) {
    return new Tokens(IDS, new Extent(2, 3), 0, null, padding, mask, null, past, 0);
  }

  private static INDArray embed(InputPart part, TestModules modules, Tokens tokens) {
    INDArray y = Values.zeros(2, 3, WIDTH);
    try (CallMemory memory = TestModules.memory()) {
      Embeddings.of(part, modules.modules()).forward(TestModules.pass(), tokens, false, y, memory);
    }
    return y;
  }

  /** Row p of a table with that offset is that of position p − offset. */
  private static void assertEmbedded(InputPart part, Tokens tokens, int... rows) {
    try (TestModules modules = modules(part)) {
      INDArray y = embed(part, modules, tokens);
      for (int i = 0; i < IDS.length; i++) {
        for (int out = 0; out < WIDTH; out++) {
          double expected = modules.weight("places.weight").getDouble(rows[i], out);
          if (part.projection().isPresent()) {
            for (int k = 0; k < NARROW; k++) {
              expected +=
                  modules.weight("in.weight").getDouble(out, k)
                      * part.multiplier()
                      * modules.weight("tokens.weight").getDouble(IDS[i], k);
            }
          } else {
            expected += part.multiplier() * modules.weight("tokens.weight").getDouble(IDS[i], out);
          }
          assertThat(y.getDouble(i / 3, i % 3, out)).isCloseTo(expected, within(1e-12));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, false", "2.5, false", "1, true", "2.5, true"})
  void tokensAreScaledAndProjectedAndThenPlaced(double multiplier, boolean projection) {
    assertEmbedded(part(multiplier, projection, 0), tokens(null, null, 0), 0, 1, 2, 0, 1, 2);
  }

  @Test
  void laterTokensGoOnWhereEarlierOnesEnded() {
    assertEmbedded(part(1, false, 0), tokens(null, null, 3), 3, 4, 5, 3, 4, 5);
    assertEmbedded(part(1, false, 0), tokens(new int[] {0, 2}, null, 0), 0, 1, 2, 0, 0, 0);
  }

  /** As OPT counts: padding has the position −1, wherever it is. */
  @Test
  void countedPositionsSkipPadding() {
    int[] mask = {0, 1, 1, 1, 0, 1};
    assertEmbedded(part(1, false, 2), tokens(null, mask, 0), 1, 2, 3, 2, 1, 3);
    assertEmbedded(part(1, false, 2), tokens(new int[] {0, 2}, null, 0), 2, 3, 4, 1, 1, 2);
    assertEmbedded(part(1, false, 2), tokens(new int[] {0, 2}, null, 3), 5, 6, 7, 3, 4, 5);
  }

  @Test
  void aPositionBeyondTheTableIsRefused() {
    InputPart part = part(1, false, 2);
    try (TestModules modules = modules(part)) {
      assertThatThrownBy(() -> embed(part, modules, tokens(null, null, 4)))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Position 6 is beyond this model's 6 position embeddings");
    }
  }
}
