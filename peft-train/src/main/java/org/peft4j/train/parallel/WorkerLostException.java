package org.peft4j.train.parallel;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * Another worker has left, or has not answered in time. Its own failure is the cause; whoever
 * starts all of them may start them again from the last checkpoint.
 */
public final class WorkerLostException extends PeftException {
  private static final long serialVersionUID = 1L;

  WorkerLostException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Such an exception among an exception and its causes. */
  public static Optional<WorkerLostException> in(@Nullable Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof WorkerLostException lost) {
        return Optional.of(lost);
      }
    }
    return Optional.empty();
  }
}
