package org.peft4j.transformers.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

/** Positions count the tokens that are no padding, row by row. */
class LeftPaddingTest {
  @Test
  void positionsBeginAfterThePadding() {
    assertThat(LeftPadding.positions(0, 4, new int[] {0, 2}))
        .containsExactly(0, 1, 2, 3, 0, 0, 0, 1);
    assertThat(LeftPadding.positions(4, 2, new int[] {0, 2})).containsExactly(4, 5, 2, 3);
    assertThat(LeftPadding.positions(4, 2, null)).containsExactly(4, 5);
  }

  @Test
  void aStateWithoutPaddingIsNone() {
    assertThat(LeftPadding.read(Map.of())).isNull();
    assertThat(LeftPadding.read(Map.of(LeftPadding.STATE, LeftPadding.write(new int[] {0, 0}))))
        .isNull();
    assertThat(LeftPadding.read(Map.of(LeftPadding.STATE, LeftPadding.write(new int[] {0, 3}))))
        .containsExactly(0, 3);
  }

  @Test
  void paddingAfterATokenIsRefusedWithItsPlace() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      assertThatThrownBy(
              () ->
                  LeftPadding.begin(
                      model.graph(), Nd4j.createFromArray(new int[][] {{1, 1, 1}, {0, 1, 0}})))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("a 0 at row 1, position 2 after a 1");
    }
  }
}
