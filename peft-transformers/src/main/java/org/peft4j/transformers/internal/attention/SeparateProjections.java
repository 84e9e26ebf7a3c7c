package org.peft4j.transformers.internal.attention;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;

/** A matrix each for queries, keys and values: Llama and its kin. */
public record SeparateProjections(
    ModelConfig.Attention shape, LinearModule query, LinearModule key, LinearModule value)
    implements Projections {
  @Override
  public boolean acts() {
    return query.acts() || key.acts() || value.acts();
  }

  @Override
  public Heads heads(Extent extent, boolean kept, CallMemory memory) {
    INDArray q = rows(extent, shape.heads(), kept, memory);
    INDArray k = rows(extent, shape.keyValueHeads(), kept, memory);
    INDArray v = rows(extent, shape.keyValueHeads(), kept, memory);
    return new Heads(
        List.of(q, k, v),
        split(q, extent, shape.heads()),
        split(k, extent, shape.keyValueHeads()),
        split(v, extent, shape.keyValueHeads()));
  }

  private INDArray rows(Extent extent, int heads, boolean kept, CallMemory memory) {
    return memory.keptIf(kept, extent.rows(), (long) heads * shape.headSize());
  }

  private INDArray split(INDArray rows, Extent extent, int heads) {
    return rows.reshape('c', extent.batch(), extent.time(), heads, shape.headSize());
  }

  @Override
  public void forward(Pass pass, INDArray x, Heads heads) {
    query.forward(pass, x, heads.rows().get(0));
    key.forward(pass, x, heads.rows().get(1));
    value.forward(pass, x, heads.rows().get(2));
  }

  @Override
  public void backward(Pass pass, @Nullable INDArray x, Heads gradients, @Nullable INDArray dx) {
    back(query, pass, x, gradients.rows().get(0), dx, 0);
    back(key, pass, x, gradients.rows().get(1), dx, 1);
    back(value, pass, x, gradients.rows().get(2), dx, 1);
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
