package org.peft4j.internal.wrapped;

import org.peft4j.error.PeftException;

/** What only the base model can do. */
final class BaseOnly {
  private BaseOnly() {}

  static PeftException pretraining() {
    return new PeftException(
        "Layerwise pretraining trains the base model's weights, which are frozen here. Pretrain the"
            + " base model before it is wrapped, or train the adapters with fit.");
  }

  /**
   * @param method Deeplearning4j's
   */
  static PeftException converting(String method) {
    return new PeftException(
        method
            + " would copy the frozen weights without the adapters. Convert the base model and wrap"
            + " the result, or convert what mergeAndUnload() returns.");
  }
}
