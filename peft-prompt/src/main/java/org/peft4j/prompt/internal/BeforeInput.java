package org.peft4j.prompt.internal;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Pass;

/**
 * The same embeddings precede those of each sequence: {@code [P ; embed(ids)]}.
 *
 * @param virtualTokens the number of embeddings
 * @param rows the number of rows of the table: Hugging Face PEFT makes twice as many as it uses for
 *     a model with an encoder and a decoder
 */
public record BeforeInput(int virtualTokens, int rows) implements PromptUse {
  /** Every row is used. */
  public BeforeInput(int virtualTokens) {
    this(virtualTokens, virtualTokens);
  }

  @Override
  public int prefixLength() {
    return 0;
  }

  @Override
  public void use(Pass pass, INDArray table, @Nullable INDArray embeddings) {
    INDArray target = Objects.requireNonNull(embeddings);
    INDArray used = used(table);
    for (long row = 0; row < target.size(0); row++) {
      target.tensorAlongDimension(row, 1, 2).assign(used);
    }
  }

  @Override
  public void gradient(Pass pass, @Nullable INDArray dEmbeddings, INDArray dTable) {
    INDArray upper = Objects.requireNonNull(dEmbeddings);
    dTable.assign(0);
    INDArray used = used(dTable);
    for (long row = 0; row < upper.size(0); row++) {
      used.addi(upper.tensorAlongDimension(row, 1, 2));
    }
  }

  private INDArray used(INDArray table) {
    return rows == virtualTokens
        ? table
        : table.get(NDArrayIndex.interval(0, virtualTokens), NDArrayIndex.all());
  }
}
