package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.TokenIds;

/**
 * From all positions of a sequence to one vector: {@code pooled = Σ share[t]·h[t]}.
 *
 * @param shares [batch, time]
 */
record Pooling(INDArray shares) {
  /**
   * The shares of the positions that a head reads.
   *
   * @throws org.peft4j.error.PeftException if a sequence is all padding, or shapes differ
   */
  static Pooling of(HeadPart.Position position, Reading reading) {
    INDArray mask = reading.shown();
    Extent extent = reading.extent();
    int time = Math.toIntExact(extent.time());
    int[] last =
        position == HeadPart.Position.END
            ? Objects.requireNonNull(reading.ends())
            : LastPositions.of(mask, extent);
    float[] shares = new float[Math.toIntExact(extent.rows())];
    for (int row = 0; row < last.length; row++) {
      switch (position) {
        case FIRST -> shares[row * time + reading.start(row)] = 1;
        case LAST, END -> shares[last[row]] = 1;
        case MEAN -> mean(shares, row * time, (row + 1) * time, mask);
      }
    }
    return new Pooling(reading.memory().values(shares, extent.batch(), time));
  }

  private static void mean(float[] shares, int from, int to, @Nullable INDArray mask) {
    int[] shown = mask == null ? new int[0] : Arrays.copyOfRange(TokenIds.of(mask), from, to);
    int count = mask == null ? to - from : Arrays.stream(shown).sum();
    for (int i = from; i < to; i++) {
      shares[i] = mask == null || shown[i - from] != 0 ? 1f / count : 0;
    }
  }

  /** Writes the pooled vectors [batch, width], given hidden states [batch, time, width]. */
  void forward(Kernels kernels, INDArray hidden, INDArray pooled) {
    for (long row = 0; row < hidden.size(0); row++) {
      kernels.matmul(share(row), false, hidden.slice(row), false, 1, 0, line(pooled, row));
    }
  }

  /** Writes the gradients of the hidden states, given those of the pooled vectors. */
  void backward(Kernels kernels, INDArray dPooled, INDArray dHidden) {
    for (long row = 0; row < dHidden.size(0); row++) {
      kernels.matmul(share(row), true, line(dPooled, row), false, 1, 0, dHidden.slice(row));
    }
  }

  private INDArray share(long row) {
    return line(shares, row);
  }

  private static INDArray line(INDArray matrix, long row) {
    return matrix.getRow(row, true);
  }
}
