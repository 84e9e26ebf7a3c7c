package org.peft4j.transformers.layer;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Moves between the rows of projections and the heads of attention, in row-major copies. */
final class Heads {
  private Heads() {}

  /** [batch·time, heads·size] to [batch, heads, time, size]. */
  static void split(INDArray rows, INDArray heads) {
    heads.assign(positions(rows, heads).permute(0, 2, 1, 3));
  }

  /** [batch, heads, time, size] to [batch·time, heads·size]. */
  static void merge(INDArray heads, INDArray rows) {
    positions(rows, heads).assign(heads.permute(0, 2, 1, 3));
  }

  private static INDArray positions(INDArray rows, INDArray heads) {
    return rows.reshape('c', heads.size(0), heads.size(2), heads.size(1), heads.size(3));
  }
}
