package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

/** Rows of neighbouring sequences with the same adapter are one run. */
class RowRunTest {
  @Test
  void neighboursWithTheSameAdapterAreOneRun() {
    assertThat(RowRun.of(List.of("a", "a", "b", "a"), 4, "here"))
        .containsExactly(new RowRun("a", 0, 2), new RowRun("b", 2, 3), new RowRun("a", 3, 4));
  }

  @Test
  void aSequenceHasAsManyRowsAsEveryOther() {
    assertThat(RowRun.of(List.of("a", "b", "b"), 15, "here"))
        .containsExactly(new RowRun("a", 0, 5), new RowRun("b", 5, 15));
  }

  @Test
  void oneNameIsOneRun() {
    assertThat(RowRun.of(List.of("a"), 7, "here")).containsExactly(new RowRun("a", 0, 7));
  }

  @Test
  void rowsThatDoNotDivideAreRefusedWithThePlace() {
    assertThatThrownBy(() -> RowRun.of(List.of("a", "b"), 5, "layer out"))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapters were named for 2 sequences, but layer out got 5 rows. Name one adapter for"
                + " each sequence of the batch.");
  }
}
