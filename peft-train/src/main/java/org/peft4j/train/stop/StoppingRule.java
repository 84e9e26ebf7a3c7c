package org.peft4j.train.stop;

import java.util.Optional;
import org.peft4j.train.metrics.RunHistory;

/**
 * When a training ends early. A rule keeps nothing: it follows from the history, which a checkpoint
 * holds, so that a resumed training ends where one that was never stopped would.
 */
@FunctionalInterface
public interface StoppingRule {
  /** Why the training ends now, for a message; empty if it goes on. */
  Optional<String> reason(RunHistory history);
}
