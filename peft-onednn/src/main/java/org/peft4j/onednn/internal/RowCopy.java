package org.peft4j.onednn.internal;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Copies rows that are parts of wider ones: ND4J copies such arrays number by number. */
public final class RowCopy {
  private RowCopy() {}

  /** Whether both are matrices of the same shape that {@link MatrixRows} takes, in other memory. */
  public static boolean possible(INDArray from, INDArray to) {
    return MatrixRows.possible(from)
        && MatrixRows.possible(to)
        && from.equalShapes(to)
        && from.data() != to.data();
  }

  public static void run(INDArray from, INDArray to) {
    MatrixRows source = MatrixRows.of(from);
    MatrixRows target = MatrixRows.of(to);
    RowTasks.run(
        from.size(0), from.size(1), (begin, end) -> source.copy(begin, end - begin, target, begin));
  }
}
