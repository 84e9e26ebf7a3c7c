package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.WeightRows;

/** Sums in double precision over the elements of a matrix one by one. */
public final class ElementSums {
  /** Of the sum of all terms' sizes. */
  private static final double ERROR = 1e-6;

  private ElementSums() {}

  /** Asserts that {@code y = x·Wᵀ}. */
  public static void assertAre(INDArray y, INDArray x, WeightRows weight) {
    int columns = (int) weight.columns();
    float[] elements = new float[columns];
    for (int out = 0; out < weight.rows(); out++) {
      weight.write(out, out + 1, elements);
      for (int row = 0; row < x.size(0); row++) {
        double sum = 0;
        double sizes = 0;
        for (int i = 0; i < columns; i++) {
          double term = (double) elements[i] * x.getFloat(row, i);
          sum += term;
          sizes += Math.abs(term);
        }
        assertThat(y.getDouble(row, out)).isCloseTo(sum, within(ERROR * sizes));
      }
    }
  }
}
