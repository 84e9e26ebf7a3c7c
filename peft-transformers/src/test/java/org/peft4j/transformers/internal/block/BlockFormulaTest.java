package org.peft4j.transformers.internal.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The outputs of blocks in every form, against the formulas in double precision. */
class BlockFormulaTest {
  /** Cosines and sines of rotary positions are rounded to single precision. */
  private static final double TOLERANCE = 1e-5;

  @ParameterizedTest
  @EnumSource(Forms.class)
  void theOutputIsThatOfTheFormula(Forms form) {
    try (BlockCase block = form.on(site -> false)) {
      INDArray y = block.forward();

      for (int row = 0; row < 2; row++) {
        double[][] expected = reference(block, row).block(form.part(), sequence(block.x(), row));
        double[][] actual = sequence(y, row);
        for (int t = 0; t < expected.length; t++) {
          assertThat(actual[t]).as("sequence %d, token %d", row, t).hasSameSizeAs(expected[t]);
          for (int i = 0; i < expected[t].length; i++) {
            assertThat(actual[t][i]).isCloseTo(expected[t][i], within(TOLERANCE));
          }
        }
      }
    }
  }

  private static Reference reference(BlockCase block, int row) {
    int[] mask = new int[(int) block.x().size(1)];
    Arrays.fill(mask, 1);
    if (block.mask() != null) {
      mask = block.mask().getRow(row).toIntVector();
    }
    double[][] encoder = block.encoder() == null ? null : sequence(block.encoder(), row);
    return new Reference(block.weights(), mask, encoder);
  }

  private static double[][] sequence(INDArray array, int row) {
    return array.get(point(row), all(), all()).dup('c').toDoubleMatrix();
  }
}
