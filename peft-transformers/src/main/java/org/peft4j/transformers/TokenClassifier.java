package org.peft4j.transformers;

import java.nio.file.Path;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * A loaded classifier of tokens. The output of its graph, {@code classifier}, is logits [batch,
 * time, labels].
 *
 * <p>Labels are class numbers [batch, time], −100 for none. The loss is the mean cross-entropy, in
 * nats, of the tokens that have a label.
 *
 * <p>With adapters of the task {@code TOKEN_CLS} the head trains too, as the adapter's own copy.
 */
public final class TokenClassifier extends TransformerModel {
  private final Labels labels;

  TokenClassifier(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
    this.labels = ((HeadPart.Tokens) model.architecture().head()).classes();
  }

  /** The classes, in the order of the logits. */
  public Labels labels() {
    return labels;
  }
}
