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

/**
 * One matrix that computes for each key head its queries, its key and its value: BLOOM, GPT-NeoX.
 * Copies the heads, because kernels want those of a token side by side.
 */
record HeadsProjection(AttentionPart part, LinearModule module) implements Projections {
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
    INDArray q = array(queries, part.heads(), kept, memory);
    INDArray k = array(queries, part.keyValueHeads(), kept, memory);
    INDArray v = array(queries, part.keyValueHeads(), kept, memory);
    return new Heads(List.of(), q, k, v);
  }

  private INDArray array(Extent extent, int heads, boolean kept, CallMemory memory) {
    return memory.keptIf(kept, extent.batch(), extent.time(), heads, part.headSize());
  }

  @Override
  public void forward(
      Pass pass, INDArray x, @Nullable INDArray source, Heads heads, CallMemory memory) {
    INDArray rows = memory.temporary(x.size(0), width());
    module.forward(pass, x, rows);
    INDArray groups = groups(rows);
    int shared = shared();
    byGroup(heads.q(), shared).assign(some(groups, 0, shared));
    byGroup(heads.k(), 1).assign(some(groups, shared, shared + 1));
    byGroup(heads.v(), 1).assign(some(groups, shared + 1, shared + 2));
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
    long tokens = gradients.q().size(0) * gradients.q().size(1);
    INDArray rows = memory.temporary(tokens, width());
    INDArray groups = groups(rows);
    int shared = shared();
    some(groups, 0, shared).assign(byGroup(gradients.q(), shared));
    some(groups, shared, shared + 1).assign(byGroup(gradients.k(), 1));
    some(groups, shared + 1, shared + 2).assign(byGroup(gradients.v(), 1));
    module.backward(pass, x, rows, dx, 0);
  }

  /** The number of query heads that share a key head. */
  private int shared() {
    return part.heads() / part.keyValueHeads();
  }

  private long width() {
    return (long) (part.heads() + 2 * part.keyValueHeads()) * part.headSize();
  }

  /** [tokens, keyValueHeads, shared + 2, size]. */
  private INDArray groups(INDArray rows) {
    return rows.reshape('c', rows.size(0), part.keyValueHeads(), shared() + 2, part.headSize());
  }

  /** [tokens, keyValueHeads, each, size]. */
  private INDArray byGroup(INDArray heads, int each) {
    long tokens = heads.size(0) * heads.size(1);
    return heads.reshape('c', tokens, part.keyValueHeads(), each, part.headSize());
  }

  private static INDArray some(INDArray groups, int from, int to) {
    return groups.get(all(), all(), interval(from, to), all());
  }
}
