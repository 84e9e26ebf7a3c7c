package org.peft4j.internal.adapted;

import java.util.Objects;
import java.util.function.Supplier;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Activity;
import org.peft4j.internal.graft.RowRun;
import org.peft4j.memory.DetachedArrays;

/**
 * Runs a layer with one weight for all rows of a batch on each adapter's rows in turn, if each
 * sequence has its own adapter. For inference.
 */
final class RowsInTurn {
  private final Activity activity;
  private final String layer;

  RowsInTurn(Activity activity, String layer) {
    this.activity = activity;
    this.layer = layer;
  }

  /** The layer's pass over some rows. */
  interface Part {
    INDArray run(INDArray x, @Nullable INDArray mask);
  }

  /** Whether each sequence has its own adapter now. */
  boolean wanted() {
    return !activity.rows().isEmpty();
  }

  /** Refuses what needs all rows at once. */
  void requireNone(String what) {
    if (wanted()) {
      throw new PeftException(
          what
              + " of layer "
              + layer
              + " is impossible while each row has an adapter. Close that scope first, and make a"
              + " batch for each adapter.");
    }
  }

  /**
   * The layer's activations [batch, …].
   *
   * @param x its input [batch, …]
   * @param mask the mask of the input [batch, …], if it has one
   */
  INDArray run(INDArray x, @Nullable INDArray mask, Part part, LayerWorkspaceMgr workspaces) {
    activity.requireRowEach(x.size(0), "layer " + layer);
    INDArray result = null;
    for (RowRun run : activity.runs(x.size(0), "layer " + layer)) {
      INDArray own = rows(x, run);
      INDArray ownMask = mask == null ? null : rows(mask, run);
      Supplier<INDArray> pass = () -> part.run(own, ownMask);
      INDArray y = activity.only(run.adapter(), pass);
      if (result == null) {
        result = like(y, y.size(0) / own.size(0) * x.size(0), workspaces);
      }
      long each = result.size(0) / x.size(0);
      result.get(NDArrayIndex.interval(run.from() * each, run.to() * each)).assign(y);
      own.close();
      if (ownMask != null) {
        ownMask.close();
      }
    }
    return Objects.requireNonNull(result, "A batch without rows.");
  }

  /** In memory of its own, because not every layer has the workspace of its inputs open. */
  private static INDArray rows(INDArray array, RowRun run) {
    return DetachedArrays.copy(array.get(NDArrayIndex.interval(run.from(), run.to())));
  }

  private static INDArray like(INDArray model, long rows, LayerWorkspaceMgr workspaces) {
    long[] shape = model.shape().clone();
    shape[0] = rows;
    return workspaces.createUninitialized(
        ArrayType.ACTIVATIONS, model.dataType(), shape, model.ordering());
  }
}
