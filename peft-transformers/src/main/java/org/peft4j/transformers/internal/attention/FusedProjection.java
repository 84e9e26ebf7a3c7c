package org.peft4j.transformers.internal.attention;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;

/** One matrix for queries, keys and values, side by side: GPT-2's {@code c_attn}. */
public record FusedProjection(ModelConfig.Attention shape, LinearModule module)
    implements Projections {
  @Override
  public boolean acts() {
    return module.acts();
  }

  @Override
  public Heads heads(Extent extent, boolean kept, CallMemory memory) {
    INDArray rows = memory.keptIf(kept, extent.rows(), 3L * shape.heads() * shape.headSize());
    INDArray thirds =
        rows.reshape('c', extent.batch(), extent.time(), 3, shape.heads(), shape.headSize());
    return new Heads(List.of(rows), third(thirds, 0), third(thirds, 1), third(thirds, 2));
  }

  private static INDArray third(INDArray thirds, int index) {
    return thirds.get(all(), all(), point(index), all(), all());
  }

  @Override
  public void forward(Pass pass, INDArray x, Heads heads) {
    module.forward(pass, x, heads.rows().get(0));
  }

  @Override
  public void backward(Pass pass, @Nullable INDArray x, Heads gradients, @Nullable INDArray dx) {
    module.backward(pass, x, gradients.rows().get(0), dx, 0);
  }
}
