package org.peft4j.internal.quantized;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;

/**
 * Inputs of a product in 8 bits, as LLM.int8() (Dettmers et al., 2022) rounds them. A column with a
 * number of at least {@code threshold} is an outlier and stays as it is. The others become {@code
 * rint(x·127/a)·a/127}, where a is the largest |x| of the row below the threshold.
 *
 * @param threshold 0 for no outliers
 */
record RoundedInputs(double threshold) {
  private static final double MOST = 127;

  /**
   * The rounded inputs: a new array, which the caller closes.
   *
   * @param x [rows, in], only read
   */
  INDArray of(INDArray x) {
    int rows = Math.toIntExact(x.size(0));
    int columns = Math.toIntExact(x.size(1));
    INDArray rounded = DetachedArrays.copy(x);
    double[] numbers = rounded.data().asDouble();
    boolean[] outliers = outliers(numbers, columns);
    IntStream.range(0, rows)
        .parallel()
        .forEach(row -> round(numbers, row * columns, (row + 1) * columns, outliers));
    INDArray made = Nd4j.createFromArray(numbers);
    rounded.assign(made.reshape('c', rows, columns));
    Scratch.release(made);
    return rounded;
  }

  /** For each column whether one of its numbers reaches the threshold. */
  private boolean[] outliers(double[] numbers, int columns) {
    boolean[] outliers = new boolean[columns];
    for (int i = 0; i < numbers.length; i++) {
      outliers[i % columns] |= outlier(numbers[i]);
    }
    return outliers;
  }

  private boolean outlier(double number) {
    return threshold > 0 && Math.abs(number) >= threshold;
  }

  private void round(double[] numbers, int from, int to, boolean[] outliers) {
    double most = 0;
    for (int i = from; i < to; i++) {
      most = outlier(numbers[i]) ? most : Math.max(most, Math.abs(numbers[i]));
    }
    if (most == 0) {
      return; // Zeros, and outliers.
    }
    for (int i = from; i < to; i++) {
      if (!outliers[i - from]) {
        numbers[i] = Math.rint(numbers[i] * (MOST / most)) * most / MOST;
      }
    }
  }
}
