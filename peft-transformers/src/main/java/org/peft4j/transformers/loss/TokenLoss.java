package org.peft4j.transformers.loss;

import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * A loss of the log-probabilities that a language model gives the labelled tokens of a batch. In a
 * {@linkplain #scope scope} it stands for the head's own loss, their mean cross-entropy:
 *
 * <pre>{@code
 * try (TokenLoss.Scope scope = TokenLoss.scope(loss)) {
 *   graph.computeGradientAndScore();
 * }
 * }</pre>
 *
 * <p>The head computes the logits once, in chunks of tokens, and goes back from them with the
 * slopes: this costs what cross-entropy costs, and keeps no array of [tokens, vocabulary].
 */
@FunctionalInterface
public interface TokenLoss {
  /**
   * Computes the loss.
   *
   * @param logProbabilities of the labelled tokens, row by row, each row's in their order
   * @param counts how many each row of the batch has
   */
  Result of(double[] logProbabilities, int[] counts);

  /**
   * A loss.
   *
   * @param value what a gradient is of
   * @param slopes its derivative with respect to each log-probability; not used in evaluation
   */
  record Result(double value, double[] slopes) {}

  /** Ends the use of a loss. */
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /** The loss in use on this thread; empty where heads have their own. */
  static Optional<TokenLoss> current() {
    return Optional.ofNullable(OfThread.CURRENT.get());
  }

  /**
   * Uses a loss on this thread until the scope is closed.
   *
   * @throws PeftException if another is in use
   */
  static Scope scope(TokenLoss loss) {
    if (OfThread.CURRENT.get() != null) {
      throw new PeftException("A loss of tokens is in use on this thread; close its scope first.");
    }
    OfThread.CURRENT.set(loss);
    return OfThread.CURRENT::remove;
  }
}
