package org.peft4j.transformers.internal.head;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.nd4j.linalg.api.ndarray.INDArray;

/** The hidden states of real tokens: those of virtual tokens, which precede them, are left out. */
final class TokenRows {
  private TokenRows() {}

  /** [batch·time, width], multiplied as the head wants it; a view if nothing changes. */
  static INDArray of(Reading reading, Head head) {
    if (reading.virtualTokens() == 0 && !head.scales()) {
      return reading.rows();
    }
    long batch = reading.extent().batch();
    long width = reading.hidden().size(2);
    INDArray own = reading.memory().temporary(batch, reading.time(), width);
    own.assign(part(reading, reading.hidden()));
    head.scale(own);
    return own.reshape('c', batch * reading.time(), width);
  }

  /** Writes gradients [batch·time, width] to their places; those of virtual tokens are 0. */
  static void place(Reading reading, INDArray gradients, INDArray dHidden) {
    if (reading.virtualTokens() > 0) {
      dHidden.assign(0);
    }
    long batch = reading.extent().batch();
    part(reading, dHidden).assign(gradients.reshape('c', batch, reading.time(), gradients.size(1)));
  }

  private static INDArray part(Reading reading, INDArray array) {
    int from = reading.virtualTokens();
    return from == 0 ? array : array.get(all(), interval(from, reading.extent().time()), all());
  }
}
