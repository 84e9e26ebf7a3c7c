package org.peft4j.train.preference;

import java.util.Optional;
import org.peft4j.error.PeftException;

/** Two answers to one prompt, as tokens, of which the first is the better one. */
public final class PreferencePair {
  private final Completion chosen;
  private final Completion rejected;

  PreferencePair(Completion chosen, Completion rejected) {
    this.chosen = chosen;
    this.rejected = rejected;
  }

  /**
   * A pair. The arrays are shared, not copied: do not change them.
   *
   * @param prompt may be empty
   * @param chosen the better answer
   * @param rejected the worse answer
   * @throws PeftException if an answer is empty, or has no token that is predicted
   */
  public static PreferencePair of(int[] prompt, int[] chosen, int[] rejected) {
    return new PreferencePair(
        new Completion(prompt, chosen, Optional.empty()),
        new Completion(prompt, rejected, Optional.empty()));
  }

  /** The same pair with the number of its task, for multitask prompts. */
  public PreferencePair ofTask(int number) {
    return new PreferencePair(chosen.ofTask(number), rejected.ofTask(number));
  }

  Completion chosen() {
    return chosen;
  }

  Completion rejected() {
    return rejected;
  }
}
