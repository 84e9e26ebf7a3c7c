package org.peft4j.transformers.internal.head;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The hidden states of a batch's own tokens: those of virtual tokens are left out. */
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
    for (int row = 0; row < batch; row++) {
      copy(reading, row, reading.hidden(), true, own);
    }
    head.scale(own);
    return own.reshape('c', batch * reading.time(), width);
  }

  /** Writes gradients [batch·time, width] to their places; those of virtual tokens are 0. */
  static void place(Reading reading, INDArray gradients, INDArray dHidden) {
    if (reading.virtualTokens() > 0) {
      dHidden.assign(0);
    }
    long batch = reading.extent().batch();
    INDArray own = gradients.reshape('c', batch, reading.time(), gradients.size(1));
    for (int row = 0; row < batch; row++) {
      copy(reading, row, dHidden, false, own);
    }
  }

  /** Copies the padding of a sequence, and what follows its virtual tokens. */
  private static void copy(Reading reading, int row, INDArray all, boolean toOwn, INDArray own) {
    int start = reading.start(row);
    int time = (int) reading.time();
    copy(part(all, row, 0, start), toOwn, part(own, row, 0, start));
    int after = start + reading.virtualTokens();
    int end = time + reading.virtualTokens();
    copy(part(all, row, after, end), toOwn, part(own, row, start, time));
  }

  private static void copy(@Nullable INDArray all, boolean toOwn, @Nullable INDArray own) {
    if (all != null && own != null) {
      (toOwn ? own : all).assign(toOwn ? all : own);
    }
  }

  private static @Nullable INDArray part(INDArray array, int row, int from, int to) {
    return from == to ? null : array.get(point(row), interval(from, to), all());
  }
}
