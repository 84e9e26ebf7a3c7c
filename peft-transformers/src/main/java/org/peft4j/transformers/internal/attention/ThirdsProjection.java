package org.peft4j.transformers.internal.attention;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;

/** One matrix that computes all queries, then all keys, then all values: GPT-2, Phi-3. */
record ThirdsProjection(AttentionPart part, LinearModule module) implements Projections {
  @Override
  public boolean acts() {
    return module.acts();
  }

  @Override
  public boolean needsInput() {
    return module.acts();
  }

  @Override
  public Heads heads(Extent queries, Extent keys, boolean kept, CallMemory memory) {
    int heads = part.heads();
    int both = heads + part.keyValueHeads();
    int all = both + part.keyValueHeads();
    INDArray rows = memory.keptIf(kept, queries.rows(), (long) all * part.headSize());
    INDArray split = rows.reshape('c', queries.batch(), queries.time(), all, part.headSize());
    return new Heads(
        List.of(rows), some(split, 0, heads), some(split, heads, both), some(split, both, all));
  }

  private static INDArray some(INDArray split, int from, int to) {
    return split.get(all(), all(), interval(from, to), all());
  }

  @Override
  public void forward(
      Pass pass, INDArray x, @Nullable INDArray source, Heads heads, CallMemory memory) {
    module.forward(pass, x, heads.rows().get(0));
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
    module.backward(pass, x, gradients.rows().get(0), dx, 0);
  }
}
