package org.peft4j.transformers.layer;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.module.LinearModule;

/** A matrix each for queries, keys and values: Llama and its kin. */
record SeparateProjections(LinearModule query, LinearModule key, LinearModule value)
    implements Projections {
  @Override
  public boolean acts() {
    return query.acts() || key.acts() || value.acts();
  }

  @Override
  public void forward(
      Pass pass, INDArray x, INDArray q, INDArray k, INDArray v, CallMemory memory) {
    project(query, pass, x, q, memory);
    project(key, pass, x, k, memory);
    project(value, pass, x, v, memory);
  }

  private static void project(
      LinearModule module, Pass pass, INDArray x, INDArray heads, CallMemory memory) {
    INDArray rows = memory.temporary(x.size(0), heads.length() / x.size(0));
    module.forward(pass, x, rows);
    Heads.split(rows, heads);
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
    back(query, pass, x, dq, dx, 0, memory);
    back(key, pass, x, dk, dx, 1, memory);
    back(value, pass, x, dv, dx, 1, memory);
  }

  private static void back(
      LinearModule module,
      Pass pass,
      @Nullable INDArray x,
      INDArray heads,
      @Nullable INDArray dx,
      double beta,
      CallMemory memory) {
    if (dx == null && !module.acts()) {
      return;
    }
    long rows = heads.size(0) * heads.size(2);
    INDArray dy = memory.temporary(rows, heads.length() / rows);
    Heads.merge(heads, dy);
    module.backward(pass, x, dy, dx, beta);
  }
}
