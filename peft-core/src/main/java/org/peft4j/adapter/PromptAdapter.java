package org.peft4j.adapter;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An adapter before the first layer of a model: embeddings of virtual tokens that precede those of
 * the input, or the encoder of a prefix, whose keys and values an {@link AttentionAdapter} in each
 * attention reads from the {@link PassState}.
 */
public interface PromptAdapter extends Adapter {
  /** The number of embeddings before those of the input. */
  int virtualTokens();

  /** The number of keys and values before those of the input, in each attention. */
  int prefixLength();

  /** The number of those before the keys and values of an encoder's tokens, in its attentions. */
  default int encoderPrefixLength() {
    return prefixLength();
  }

  /**
   * Computes the prompt.
   *
   * @param embeddings [batch, virtualTokens, width], written; null where there are none
   */
  void forward(Pass pass, Tensors parameters, @Nullable INDArray embeddings);

  /** Writes the gradients of the parameters, given that of the embeddings. */
  void backward(Pass pass, Tensors parameters, @Nullable INDArray dEmbeddings, Tensors gradients);
}
