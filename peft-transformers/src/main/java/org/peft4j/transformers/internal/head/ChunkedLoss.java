package org.peft4j.transformers.internal.head;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The cross-entropy of a head of tokens, only for labelled positions and in chunks of them: memory
 * never holds all of [tokens, vocabulary]. With label smoothing ε the loss of a position is
 *
 * <pre>(1 − ε)·(−log p(label)) + ε·mean of −log p = −log p(label) + ε·(z(label) − mean of z)</pre>
 *
 * <p>where z are its logits (Szegedy et al., 2016).
 */
public final class ChunkedLoss {
  /** Logits at once: 64 MB in single precision. */
  private static final int LOGITS = 1 << 24;

  private final Head head;
  private final double smoothing;
  private final Pass pass;
  private final CallMemory memory;
  private long right;

  /**
   * A loss.
   *
   * @param smoothing ε; 0 for none
   */
  public ChunkedLoss(Head head, double smoothing, Pass pass, CallMemory memory) {
    this.head = head;
    this.smoothing = smoothing;
    this.pass = pass;
    this.memory = memory;
  }

  /** The loss of each labelled position; counts those whose label is the likeliest. */
  public double[] losses(INDArray hidden, Labelled labelled) {
    return run(hidden, labelled, null, null);
  }

  /** Of how many positions the label had the highest logit, the first of equals. */
  long right() {
    return right;
  }

  /**
   * The loss of each labelled position; writes the gradients of their mean.
   *
   * @param hidden [batch·time, width]
   * @param dHidden [batch·time, width], overwritten; null if not needed
   */
  public double[] backward(INDArray hidden, Labelled labelled, @Nullable INDArray dHidden) {
    return backward(hidden, labelled, null, dHidden);
  }

  /**
   * The loss of each labelled position; writes the gradients of a function of them.
   *
   * @param slopes the function's derivatives with respect to the losses, given these; null for
   *     their mean
   * @param dHidden [batch·time, width], overwritten; null if not needed
   */
  double[] backward(
      INDArray hidden,
      Labelled labelled,
      @Nullable UnaryOperator<double[]> slopes,
      @Nullable INDArray dHidden) {
    RowGradients gradients = RowGradients.of(labelled.rows(), hidden.size(1), memory);
    double[] losses = run(hidden, labelled, slopes, gradients.values());
    if (dHidden != null) {
      gradients.scatter(pass.kernels(), dHidden);
    }
    return losses;
  }

  /**
   * The head is linear in the gradients of its logits, row by row: they are computed as if each
   * slope were 1, and multiplied when all losses are known. Only where an adapter's gradients sum
   * over the rows must the slopes come first, and there all rows are one chunk.
   */
  private double[] run(
      INDArray hidden,
      Labelled labelled,
      @Nullable UnaryOperator<double[]> slopesOfLosses,
      @Nullable INDArray gradients) {
    int count = labelled.count();
    // Each call overwrites an adapter's gradients, so an active adapter needs a single chunk.
    int most = head.acts() && gradients != null ? count : Math.max(1, LOGITS / head.outputs());
    int size = evenly(count, most);
    INDArray x = memory.temporary(size, hidden.size(1));
    INDArray logits = memory.temporary(size, head.outputs());
    boolean capped = head.capped() && gradients != null;
    INDArray slopes = capped ? memory.temporary(size, head.outputs()) : null;
    INDArray losses = memory.temporary(size);
    double[] result = new double[count];
    for (int from = 0; from < count; from += size) {
      int to = Math.min(count, from + size);
      INDArray chunkX = firstRows(x, to - from);
      INDArray chunk = firstRows(logits, to - from);
      pass.kernels().lookUp(hidden, Arrays.copyOfRange(labelled.rows(), from, to), chunkX);
      head.scale(chunkX);
      Head.Kept kept = head.forward(pass, chunkX, chunk, memory);
      INDArray slope = slopes == null ? null : firstRows(slopes, to - from);
      if (slope != null) {
        head.slopes(chunk, slope);
      }
      int[] targets = Arrays.copyOfRange(labelled.targets(), from, to);
      if (gradients == null) {
        right += likeliest(chunk, targets);
      }
      double[] smoothed = smoothing == 0 ? new double[targets.length] : aboveMean(chunk, targets);
      double scale = slopesOfLosses == null ? 1.0 / count : 1;
      pass.kernels().crossEntropy(chunk, targets, scale, losses);
      for (int i = from; i < to; i++) {
        result[i] = losses.getDouble(i - from) + smoothing * smoothed[i - from];
      }
      if (smoothing > 0) {
        smoothGradients(chunk, targets, smoothing * scale);
      }
      if (gradients != null && slopesOfLosses != null && head.acts()) {
        multiplyRows(chunk, slopesOfLosses.apply(result));
      }
      if (gradients != null) {
        INDArray rows = gradients.get(interval(from, to), all());
        head.backward(pass, kept, chunk, slope, rows, memory);
      }
    }
    if (gradients != null && slopesOfLosses != null && !head.acts()) {
      multiplyRows(gradients.get(interval(0, count), all()), slopesOfLosses.apply(result));
    }
    return result;
  }

  /** The rows of a chunk: at most so many, in chunks that are equally large but for the last. */
  private static int evenly(int count, int most) {
    int chunks = Math.max(1, (count + most - 1) / most);
    return (count + chunks - 1) / chunks;
  }

  private static long likeliest(INDArray logits, int[] targets) {
    try (INDArray best = logits.argMax(1)) {
      return IntStream.range(0, targets.length).filter(i -> best.getLong(i) == targets[i]).count();
    }
  }

  private static void multiplyRows(INDArray rows, double[] factors) {
    try (INDArray plain = Nd4j.createFromArray(factors).reshape(factors.length, 1);
        INDArray column = plain.castTo(rows.dataType())) {
      rows.muliColumnVector(column);
    }
  }

  /** The difference of each label's logit and the mean of its row. */
  private static double[] aboveMean(INDArray logits, int[] targets) {
    double[] differences = new double[targets.length];
    try (INDArray means = logits.mean(1)) {
      for (int i = 0; i < targets.length; i++) {
        differences[i] = logits.getDouble(i, targets[i]) - means.getDouble(i);
      }
    }
    return differences;
  }

  /** Adds the gradients of those differences, times {@code scale}. */
  private static void smoothGradients(INDArray gradients, int[] targets, double scale) {
    gradients.subi(scale / gradients.size(1));
    for (int i = 0; i < targets.length; i++) {
      gradients.putScalar(i, targets[i], gradients.getDouble(i, targets[i]) + scale);
    }
  }

  private static INDArray firstRows(INDArray matrix, int count) {
    return matrix.size(0) == count ? matrix : matrix.get(interval(0, count), all());
  }
}
