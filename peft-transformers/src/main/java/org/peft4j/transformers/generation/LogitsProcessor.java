package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;

/**
 * A change of one row of logits before a token is chosen, as Hugging Face transformers has them.
 */
@FunctionalInterface
public interface LogitsProcessor {
  /**
   * Gives the changed logits and leaves {@code logits} as they are.
   *
   * @param ids the row so far, the prompt with its padding and what was generated
   * @param logits one for each token of the vocabulary; −∞ for one that is not to be chosen
   */
  float[] apply(int[] ids, float[] logits);

  /** The processors that {@code config} asks for, in the order of transformers. */
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
