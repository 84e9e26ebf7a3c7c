package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;

/** Changes a row of logits before a token is chosen, as in Hugging Face transformers. */
@FunctionalInterface
public interface LogitsProcessor {
  /**
   * Returns the changed logits; {@code logits} do not change.
   *
   * @param ids the row so far: the prompt with its padding, and the generated tokens
   * @param logits one for each token of the vocabulary; −∞ excludes a token
   */
  float[] apply(int[] ids, float[] logits);

  /** The processors for {@code config}, in the order of transformers. */
  static List<LogitsProcessor> of(GenerationConfig config) {
    List<LogitsProcessor> processors = new ArrayList<>();
    if (config.repetitionPenalty() != 1) {
      processors.add(new RepetitionPenalty(config.repetitionPenalty()));
    }
    if (config.doSample()) {
      if (config.temperature() != 1) {
        processors.add(new Temperature(config.temperature()));
      }
      if (config.topK() != 0) {
        processors.add(new TopK(config.topK()));
      }
      if (config.topP() < 1) {
        processors.add(new TopP(config.topP()));
      }
    }
    return List.copyOf(processors);
  }
}
