package org.peft4j.transformers.loss;

import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * A loss of the numbers that a classifier of sequences gives those of a batch. In a {@linkplain
 * #scope scope} it stands for the head's own loss; labels do not matter then.
 */
@FunctionalInterface
public interface SequenceLoss {
  /**
   * Computes the loss.
   *
   * @param logits [rows][outputs]
   */
  Result of(double[][] logits);

  /**
   * A loss.
   *
   * @param value what a gradient is of
   * @param slopes its derivative with respect to each logit; not used in evaluation
   */
  record Result(double value, double[][] slopes) {}

  /** The loss in use on this thread; empty where heads have their own. */
  static Optional<SequenceLoss> current() {
    return Optional.ofNullable(OfThread.OF_SEQUENCES.get());
  }

  /**
   * Uses a loss on this thread until the scope is closed.
   *
   * @throws PeftException if another is in use
   */
  static TokenLoss.Scope scope(SequenceLoss loss) {
    if (OfThread.OF_SEQUENCES.get() != null) {
      throw new PeftException(
          "A loss of sequences is in use on this thread; close its scope first.");
    }
    OfThread.OF_SEQUENCES.set(loss);
    return OfThread.OF_SEQUENCES::remove;
  }
}
