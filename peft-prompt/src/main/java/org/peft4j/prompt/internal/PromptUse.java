package org.peft4j.prompt.internal;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;

/** The use of a table of vectors, a row for each virtual token. */
public interface PromptUse {
  /** The number of embeddings before those of the input. */
  int virtualTokens();

  /** The number of keys and values before those of the input. */
  int prefixLength();

  /** The number of those in an encoder's attentions. */
  default int encoderPrefixLength() {
    return prefixLength();
  }

  /** The number of rows of the table, of which the first ones are used. */
  default int rows() {
    return virtualTokens() + prefixLength();
  }

  /**
   * Applies the table.
   *
   * @param table [rows, width], which outlasts the pass
   * @param embeddings [batch, tokens, width], written; null for a prefix
   */
  void use(Pass pass, INDArray table, @Nullable INDArray embeddings);

  /**
   * Writes the gradient of the table.
   *
   * @param dEmbeddings [batch, tokens, width]; null for a prefix
   * @param dTable [rows, width]
   */
  void gradient(Pass pass, @Nullable INDArray dEmbeddings, INDArray dTable);
}
