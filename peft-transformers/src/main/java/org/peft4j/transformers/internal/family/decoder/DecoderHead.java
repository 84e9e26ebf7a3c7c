package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.TaskHead;

/** The heads of decoders: {@code lm_head}, or {@code score} on the last position. */
final class DecoderHead {
  private DecoderHead() {}

  /**
   * The head of a task.
   *
   * @param width of the hidden states that it reads
   * @param tied whether a language model's head is the table of token embeddings
   * @param deviation of new weights
   */
  static HeadPart of(TaskHead task, int width, int vocabulary, boolean tied, double deviation) {
    return task.labels()
        .<HeadPart>map(
            labels ->
                new HeadPart.Sequence(
                    HeadPart.Position.LAST,
                    List.of(),
                    HeadPart.output("score", width, labels.size(), false, deviation),
                    labels,
                    task.problem()))
        .orElseGet(() -> HeadPart.Language.of("lm_head", width, vocabulary, tied, deviation));
  }
}
