package org.peft4j.lora.internal.start;

import java.util.Optional;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.lora.internal.algebra.PrincipalParts;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.weight.FrozenWeight;

/** The steps of LoftQ (Li et al., 2023, algorithm 1) on one weight. */
public final class LowRankRest {
  private LowRankRest() {}

  /**
   * What LoftQ quantises last: R_T of R₁ = W, {@code Q = quantised(Rₜ)}, {@code L·R} the closest of
   * rank r to W − Q, {@code Rₜ₊₁ = W − L·R}.
   *
   * @param matrix W, [out, in]; only read
   * @param iterations T
   * @param rank r
   * @return an array that the caller closes; empty for T = 1, where it is {@code matrix} itself
   */
  public static Optional<INDArray> last(
      INDArray matrix, int iterations, int rank, Function<INDArray, FrozenWeight> quantised) {
    Optional<INDArray> rest = Optional.empty();
    for (int t = 1; t < iterations; t++) {
      PrincipalParts parts;
      try (FrozenWeight q = quantised.apply(rest.orElse(matrix))) {
        parts = beside(matrix, q, rank);
      }
      rest.ifPresent(INDArray::close);
      INDArray next = DetachedArrays.zeros(DataType.DOUBLE, matrix.shape()).assign(matrix);
      rest = Optional.of(next.subi(parts.left().mmul(parts.right())));
    }
    return rest;
  }

  /**
   * The r largest parts of W − Q.
   *
   * @param matrix W, [out, in]; only read
   */
  public static PrincipalParts beside(INDArray matrix, FrozenWeight q, int rank) {
    INDArray difference = q.widened(DataType.DOUBLE);
    try (INDArray exact = DetachedArrays.zeros(DataType.DOUBLE, matrix.shape()).assign(matrix)) {
      difference.rsubi(exact);
    }
    PrincipalParts parts = PrincipalParts.of(difference, rank);
    difference.close();
    return parts;
  }

  /**
   * Writes A = √(S/s)·R and B = L·√(S/s), so that s·B·A is the product of the parts. Hugging Face
   * PEFT leaves out s.
   *
   * @param scale s
   * @param a [r, in]
   * @param b [out, r]
   */
  public static void fill(PrincipalParts parts, double scale, INDArray a, INDArray b) {
    for (int i = 0; i < a.size(0); i++) {
      double value = parts.values()[i];
      a.getRow(i).assign(parts.right().getRow(i).mul(Math.sqrt(value / scale)));
      b.getColumn(i)
          .assign(parts.left().getColumn(i).mul(value == 0 ? 0 : 1 / Math.sqrt(value * scale)));
    }
  }
}
