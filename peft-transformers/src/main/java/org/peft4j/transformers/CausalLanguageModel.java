package org.peft4j.transformers;

import java.nio.file.Path;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * A loaded causal language model. The output of its graph, {@code lm_head}, is logits [batch, time,
 * vocabulary].
 *
 * <p>Labels are token ids [batch, time]: the logits at t predict the label at t + 1, and −100 means
 * no label.
 *
 * <p>{@code rnnTimeStep} takes a prompt, then one token at a time, with a cache of keys and values.
 */
public final class CausalLanguageModel extends TransformerModel {
  CausalLanguageModel(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
  }
}
