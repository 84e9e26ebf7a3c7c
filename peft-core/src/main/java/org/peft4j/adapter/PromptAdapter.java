package org.peft4j.adapter;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An adapter before the first layer of a model: embeddings of virtual tokens that stand before
 * those of the input, or the encoder of the keys and values of a prefix, which an {@link
 * AttentionAdapter} in each attention reads from the pass' {@link PassState}.
 */
public interface PromptAdapter extends Adapter {
  /** How many embeddings it puts before those of the input. */
  int virtualTokens();

  /** How many keys and values its attentions put before those of the input. */
  int prefixLength();

  /**
   * Computes the prompt.
   *
   * @param embeddings [batch, virtualTokens, width], written; null where there are none
   */
  void forward(Pass pass, Tensors parameters, @Nullable INDArray embeddings);

  /** Writes the gradients of the parameters, given that of the embeddings. */
  void backward(Pass pass, Tensors parameters, @Nullable INDArray dEmbeddings, Tensors gradients);
}
