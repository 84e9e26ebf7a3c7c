package org.peft4j.lora.internal.mora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.ScratchScope;
import org.peft4j.testing.Values;

/** Rows that begin anew where they end, and sums of what shares a place. */
class ColumnsTest {
  private static final INDArray ROWS = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}});

  @Test
  void rowsAreRepeatedOrCutOff() {
    try (ScratchScope scratch = new ScratchScope()) {
      assertThat(Columns.repeated(ROWS, 7, scratch))
          .isEqualTo(
              Nd4j.createFromArray(new double[][] {{1, 2, 3, 1, 2, 3, 1}, {4, 5, 6, 4, 5, 6, 4}}));
      assertThat(Columns.repeated(ROWS, 2, scratch))
          .isEqualTo(Nd4j.createFromArray(new double[][] {{1, 2}, {4, 5}}));
      assertThat(Columns.repeated(ROWS, 3, scratch)).isSameAs(ROWS);
    }
  }

  @Test
  void entriesOfOnePlaceAreAdded() {
    try (ScratchScope scratch = new ScratchScope()) {
      assertThat(Columns.folded(ROWS, 2, scratch))
          .isEqualTo(Nd4j.createFromArray(new double[][] {{4, 2}, {10, 5}}));
      assertThat(Columns.folded(ROWS, 4, scratch))
          .isEqualTo(Nd4j.createFromArray(new double[][] {{1, 2, 3, 0}, {4, 5, 6, 0}}));
    }
  }

  /** {@code ⟨repeated(x), y⟩ = ⟨x, folded(y)⟩}, so that each is the other's gradient. */
  @ParameterizedTest
  @CsvSource({"3, 7", "3, 6", "5, 2", "4, 4"})
  void eachIsTheOthersTranspose(int narrow, int wide) {
    INDArray x = Values.random(1, 2, narrow);
    INDArray y = Values.random(2, 2, wide);
    try (ScratchScope scratch = new ScratchScope()) {
      double there = Values.inner(Columns.repeated(x, wide, scratch), y);
      double back = Values.inner(x, Columns.folded(y, narrow, scratch));

      assertThat(there).isCloseTo(back, within(1e-14));
    }
  }
}
