package org.peft4j.prompt.internal;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;

/**
 * The same embeddings precede those of each sequence: {@code [P ; embed(ids)]}.
 *
 * @param virtualTokens the number of embeddings
 */
public record BeforeInput(int virtualTokens) implements PromptUse {
  @Override
  public int prefixLength() {
    return 0;
  }

  @Override
  public void use(Pass pass, INDArray table, @Nullable INDArray embeddings) {
    INDArray target = Objects.requireNonNull(embeddings);
    for (long row = 0; row < target.size(0); row++) {
      target.tensorAlongDimension(row, 1, 2).assign(table);
    }
  }

  @Override
  public void gradient(Pass pass, @Nullable INDArray dEmbeddings, INDArray dTable) {
    INDArray upper = Objects.requireNonNull(dEmbeddings);
    dTable.assign(0);
    for (long row = 0; row < upper.size(0); row++) {
      dTable.addi(upper.tensorAlongDimension(row, 1, 2));
    }
  }
}
