package org.peft4j.kernel;

import org.nd4j.linalg.api.buffer.DataType;

/** A matrix that is not held as numbers: its rows are made when a product needs them. */
public interface WeightRows {
  long rows();

  long columns();

  /** The type that products take the rows in: FLOAT, BFLOAT16 or DOUBLE. */
  DataType type();

  /**
   * Writes rows, one after the other, not rounded whatever {@link #type} is. Several threads may
   * call it at once.
   *
   * @param to the row after the last
   * @param target begins with the first of them
   */
  void write(int from, int to, float[] target);
}
