package org.peft4j.transformers.loss;

/** The loss of tokens in use on a thread: Deeplearning4j gives its layers no way to one. */
final class OfThread {
  static final ThreadLocal<TokenLoss> CURRENT = new ThreadLocal<>();

  private OfThread() {}
}
