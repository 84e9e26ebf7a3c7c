package org.peft4j.transformers.internal.attention;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;

/** Separate matrices for queries, keys and values. */
record SeparateProjections(
    AttentionPart part, LinearModule query, LinearModule key, LinearModule value)
    implements Projections {
  @Override
  public boolean acts() {
    return query.acts() || key.acts() || value.acts();
  }

  @Override
  public boolean needsInput() {
    return part.source() == AttentionPart.Source.SELF ? acts() : query.acts();
  }

  @Override
  public Heads heads(Extent queries, Extent keys, boolean kept, CallMemory memory) {
    INDArray q = rows(queries, part.heads(), kept, memory);
    INDArray k = rows(keys, part.keyValueHeads(), kept, memory);
    INDArray v = rows(keys, part.keyValueHeads(), kept, memory);
    return new Heads(
        List.of(q, k, v),
        split(q, queries, part.heads()),
        split(k, keys, part.keyValueHeads()),
        split(v, keys, part.keyValueHeads()));
  }

  private INDArray rows(Extent extent, int heads, boolean kept, CallMemory memory) {
    return memory.keptIf(kept, extent.rows(), (long) heads * part.headSize());
  }

  private INDArray split(INDArray rows, Extent extent, int heads) {
    return rows.reshape('c', extent.batch(), extent.time(), heads, part.headSize());
  }

  @Override
  public void forward(
      Pass pass, INDArray x, @Nullable INDArray source, Heads heads, CallMemory memory) {
    query.forward(pass, x, heads.rows().get(0));
    if (source != null) {
      key.forward(pass, source, heads.rows().get(1));
      value.forward(pass, source, heads.rows().get(2));
    }
  }

  @Override
  public void backward(
      Pass pass,
      @Nullable INDArray x,
      @Nullable INDArray source,
      Heads gradients,
      @Nullable INDArray dx,
      @Nullable INDArray dSource,
      CallMemory memory) {
    back(query, pass, x, gradients.rows().get(0), dx, 0);
    boolean self = source == null;
    back(key, pass, self ? x : source, gradients.rows().get(1), self ? dx : dSource, 1);
    back(value, pass, self ? x : source, gradients.rows().get(2), self ? dx : dSource, 1);
  }

  private static void back(
      LinearModule module,
      Pass pass,
      @Nullable INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      double beta) {
    if (dx != null || module.acts()) {
      module.backward(pass, x, dy, dx, beta);
    }
  }
}
