package org.peft4j.transformers.internal.family.seq2seq;

import java.util.List;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.config.TaskHead;

/**
 * What stands on a decoder behind an encoder instead of a language model's head: labels of the
 * state where a text ends, {@code classification_head}, or the ends of an answer, {@code
 * qa_outputs}.
 *
 * @param deviation of new weights
 */
record DecoderHeads(long width, double deviation) {
  private static final String CLASSIFIER = "classification_head";

  /** The head of a task; the language model's for one that is neither. */
  HeadPart of(TaskHead task, HeadPart.Language language) {
    return switch (task.task()) {
      case SEQ_CLS ->
          new HeadPart.Sequence(
              HeadPart.Position.END,
              List.of(
                  DensePart.of(
                      LinearPart.of(
                          CLASSIFIER + ".dense", SiteRole.OTHER, width, width, true, deviation),
                      Activation.TANH)),
              HeadPart.output(
                  CLASSIFIER + ".out_proj", width, task.requireLabels().size(), true, deviation),
              task.requireLabels(),
              task.problem());
      case QUESTION_ANS ->
          new HeadPart.Span(
              List.of(), HeadPart.output(HeadPart.Span.NAME, width, 2, true, deviation));
      default -> language;
    };
  }
}
