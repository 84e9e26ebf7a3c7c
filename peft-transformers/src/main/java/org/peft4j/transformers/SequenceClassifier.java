package org.peft4j.transformers;

import java.nio.file.Path;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * A loaded sequence classifier: the body of a causal language model and a linear map without bias
 * on its last hidden state. The output of its graph, {@code score}, is logits [batch, labels]:
 *
 * <pre>logits = W · h[last]</pre>
 *
 * <p>{@code last} is the last position of a sequence with mask 1, or without a mask the last
 * position; padding may be on either side. Hugging Face transformers takes the last token that is
 * not {@code pad_token_id}, whatever the mask says, which is the same where all padding, and
 * nothing else, is that token. Behind virtual tokens, which are embeddings without an id,
 * transformers takes the last position, padding or not; here it is still the last position with
 * mask 1.
 *
 * <p>Labels are distributions over the classes, one-hot or soft, [batch, labels], or class numbers
 * [batch, 1], −100 for none. The loss is the mean cross-entropy, in nats, of the sequences that
 * have a label:
 *
 * <pre>loss = −mean over sequences of Σ y · log softmax(logits)</pre>
 *
 * <p>With adapters of the task {@code SEQ_CLS} the head trains too, as the adapter's own copy.
 */
public final class SequenceClassifier extends TransformerModel {
  private final Labels labels;

  SequenceClassifier(Path folder, FrozenModel model, Labels labels, TransformerOptions options) {
    super(folder, model, options);
    this.labels = labels;
  }

  /** The classes, in the order of the logits. */
  public Labels labels() {
    return labels;
  }
}
