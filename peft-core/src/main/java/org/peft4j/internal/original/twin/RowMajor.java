package org.peft4j.internal.original.twin;

import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Matrices as adapters take them: row-major and dense. */
final class RowMajor {
  private RowMajor() {}

  static boolean is(INDArray matrix) {
    return matrix.stride(1) == 1 && matrix.stride(0) == matrix.size(1);
  }

  /** The matrix itself if it is row-major, or else a copy that is. */
  static INDArray of(INDArray matrix, ArrayType type, LayerWorkspaceMgr workspaces) {
    return is(matrix) ? matrix : workspaces.dup(type, matrix, 'c');
  }
}
