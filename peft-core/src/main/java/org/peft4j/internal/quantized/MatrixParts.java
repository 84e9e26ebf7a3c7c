package org.peft4j.internal.quantized;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.error.PeftException;

/**
 * A matrix of numbers that is read in parts of whole rows, on all cores.
 *
 * @param name for messages
 * @param matrix W, [out, in]; only read
 */
record MatrixParts(String name, INDArray matrix) {

  /** Uses the numbers of a part. */
  interface Use {
    /**
     * @param from the first row
     * @param numbers of whole rows, one after the other; all of them finite
     */
    void rows(long from, float[] numbers);
  }

  /**
   * Reads all parts.
   *
   * @param rows at once
   * @throws PeftException if a number is not finite
   */
  void forEach(int rows, Use use) {
    int parts = Math.toIntExact((matrix.size(0) + rows - 1) / rows);
    IntStream.range(0, parts)
        .parallel()
        .forEach(
            part -> {
              long from = (long) part * rows;
              use.rows(from, numbers(from, Math.min(from + rows, matrix.size(0))));
            });
  }

  private float[] numbers(long from, long to) {
    INDArray rows = matrix.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
    float[] numbers = rows.dup('c').data().asFloat();
    for (float number : numbers) {
      if (!Float.isFinite(number)) {
        throw new PeftException(
            name + " holds " + number + ", which cannot be quantised. The checkpoint is broken.");
      }
    }
    return numbers;
  }
}
