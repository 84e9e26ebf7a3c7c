package org.peft4j.transformers.layer;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.module.LinearModule;

/** One matrix for queries, keys and values, side by side: GPT-2's {@code c_attn}. */
record FusedProjection(LinearModule module) implements Projections {
  @Override
  public boolean acts() {
    return module.acts();
  }

  @Override
  public void forward(
      Pass pass, INDArray x, INDArray q, INDArray k, INDArray v, CallMemory memory) {
    INDArray rows = memory.temporary(x.size(0), 3 * q.length() / x.size(0));
    module.forward(pass, x, rows);
    q.assign(part(rows, q, 0));
    k.assign(part(rows, q, 1));
    v.assign(part(rows, q, 2));
  }

  @Override
  public void backward(
      Pass pass,
      @Nullable INDArray x,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray dx,
      CallMemory memory) {
    long rows = dq.size(0) * dq.size(2);
    INDArray dy = memory.temporary(rows, 3 * dq.length() / rows);
    part(dy, dq, 0).assign(dq);
    part(dy, dq, 1).assign(dk);
    part(dy, dq, 2).assign(dv);
    module.backward(pass, x, dy, dx, 0);
  }

  /** A third of the columns as a view [batch, heads, time, size]. */
  private static INDArray part(INDArray rows, INDArray heads, int index) {
    return rows.reshape('c', heads.size(0), heads.size(2), 3, heads.size(1), heads.size(3))
        .get(all(), all(), point(index), all(), all())
        .permute(0, 2, 1, 3);
  }
}
