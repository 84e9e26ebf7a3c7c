package org.peft4j.transformers;

import java.nio.file.Path;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * A loaded model that finds answers in a text. The output of its graph, {@code qa_outputs}, is
 * logits [batch, time, 2]: whether the answer begins at a token, and whether it ends there.
 *
 * <p>Labels are the positions of the first and the last token of the answer, [batch, 2]; one that
 * is −100, or at the end of the sequence or behind, counts as none. The loss is half the mean
 * cross-entropy of the first positions, and half that of the last ones, in nats.
 *
 * <p>With adapters of the task {@code QUESTION_ANS} the head trains too, as the adapter's own copy.
 */
public final class QuestionAnswerer extends TransformerModel {
  QuestionAnswerer(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
  }
}
