package org.peft4j.prompt.internal.prefix;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.method.Injection;
import org.peft4j.prompt.internal.PromptUse;

/**
 * The table [tokens, layers·2·width] contains the keys and values of every attention. Attentions
 * read them from the pass and add their gradients there.
 *
 * @param prefixLength the number of tokens
 * @param decoderAlone whether an encoder's attentions read none
 * @param injection the adapter's injection, by which its parts find each other
 */
record BeforeKeys(int prefixLength, boolean decoderAlone, Injection injection)
    implements PromptUse {
  @Override
  public int encoderPrefixLength() {
    return decoderAlone ? 0 : prefixLength;
  }

  @Override
  public int virtualTokens() {
    return 0;
  }

  @Override
  public void use(Pass pass, INDArray table, @Nullable INDArray embeddings) {
    pass.state().put(injection, table);
  }

  @Override
  public void gradient(Pass pass, @Nullable INDArray dEmbeddings, INDArray dTable) {
    INDArray sum = pass.state().takeGradient(injection);
    if (sum == null) {
      dTable.assign(0);
    } else {
      dTable.assign(sum);
      sum.close();
    }
  }
}
