package org.peft4j.train.preference;

import java.util.Optional;
import org.peft4j.error.PeftException;

/** An answer to a prompt, as tokens, that is good or bad. */
public final class RatedAnswer {
  private final Completion completion;
  private final boolean desirable;

  RatedAnswer(Completion completion, boolean desirable) {
    this.completion = completion;
    this.desirable = desirable;
  }

  /**
   * An answer. The arrays are shared, not copied: do not change them.
   *
   * @param prompt may be empty
   * @param desirable whether the answer is a good one
   * @throws PeftException if the answer is empty, or has no token that is predicted
   */
  public static RatedAnswer of(int[] prompt, int[] answer, boolean desirable) {
    return new RatedAnswer(new Completion(prompt, answer, Optional.empty()), desirable);
  }

  /** The same with the number of its task, for multitask prompts. */
  public RatedAnswer ofTask(int number) {
    return new RatedAnswer(completion.ofTask(number), desirable);
  }

  Completion completion() {
    return completion;
  }

  /** Whether the answer is a good one. */
  public boolean desirable() {
    return desirable;
  }
}
