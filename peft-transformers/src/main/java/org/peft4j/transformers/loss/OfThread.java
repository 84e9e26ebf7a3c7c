package org.peft4j.transformers.loss;

/** The losses in use on a thread: Deeplearning4j gives its layers no way to one. */
final class OfThread {
  static final ThreadLocal<TokenLoss> CURRENT = new ThreadLocal<>();

  static final ThreadLocal<SequenceLoss> OF_SEQUENCES = new ThreadLocal<>();

  private OfThread() {}
}
