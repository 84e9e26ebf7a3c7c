package org.peft4j.train.preference;

import java.util.Arrays;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenSequence;

/**
 * A prompt and an answer to it, as tokens. The arrays are shared, not copied: do not change them.
 */
final class Completion {
  private final int[] prompt;
  private final int[] answer;
  private final Optional<Integer> task;

  Completion(int[] prompt, int[] answer, Optional<Integer> task) {
    if (answer.length == 0 || prompt.length + answer.length < 2) {
      throw new PeftException(
          "An answer has %d tokens after a prompt of %d; at least one token is needed that others come before."
              .formatted(answer.length, prompt.length));
    }
    this.prompt = prompt;
    this.answer = answer;
    this.task = task;
  }

  /** The answer of another to this prompt. */
  Completion with(Completion other) {
    return new Completion(prompt, other.answer, task);
  }

  Completion ofTask(int number) {
    return new Completion(prompt, answer, Optional.of(number));
  }

  int length() {
    return prompt.length + answer.length;
  }

  /** How many tokens the answer has. */
  int answered() {
    return answer.length;
  }

  /**
   * The tokens, with the answer's as labels.
   *
   * @param promptsToo whether the prompt's are labels, too
   */
  TokenSequence sequence(boolean promptsToo) {
    int[] ids = Arrays.copyOf(prompt, length());
    System.arraycopy(answer, 0, ids, prompt.length, answer.length);
    int[] labels = ids.clone();
    if (!promptsToo) {
      Arrays.fill(labels, 0, prompt.length, TokenSequence.IGNORED);
    }
    TokenSequence sequence = TokenSequence.of(ids, labels);
    return task.map(sequence::ofTask).orElse(sequence);
  }
}
