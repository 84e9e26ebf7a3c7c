package org.peft4j.prompt.internal;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;

/** What a table of vectors, a row for each virtual token, is used for. */
public interface PromptUse {
  /** How many embeddings it puts before those of the input. */
  int virtualTokens();

  /** How many keys and values it puts before those of the input. */
  int prefixLength();

  /**
   * Puts the table where it is used.
   *
   * @param table [tokens, width], which outlasts the pass
   * @param embeddings [batch, tokens, width], written; null for a prefix
   */
  void use(Pass pass, INDArray table, @Nullable INDArray embeddings);

  /**
   * Writes the gradient of the table.
   *
   * @param dEmbeddings [batch, tokens, width]; null for a prefix
   * @param dTable [tokens, width]
   */
  void gradient(Pass pass, @Nullable INDArray dEmbeddings, INDArray dTable);
}
