package org.peft4j.transformers.loss;

import java.util.Optional;

/** The loss of tokens that is in use on a thread: Deeplearning4j gives its layers no way to it. */
public final class CurrentTokenLoss {
  static final ThreadLocal<TokenLoss> VALUE = new ThreadLocal<>();

  private CurrentTokenLoss() {}

  /** The loss of this thread; empty for the head's own. */
  public static Optional<TokenLoss> get() {
    return Optional.ofNullable(VALUE.get());
  }
}
