package org.peft4j.onednn.internal.vector;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;

/**
 * Few rows times a matrix in BFLOAT16, as in decoding one token after the other: each number of the
 * matrix is read once, in the 16 bits that it has in memory. Products and sums are in single
 * precision.
 */
public final class HalfProduct {
  private HalfProduct() {}

  /**
   * Whether {@link #multiply} takes these.
   *
   * @param a FLOAT, row-major
   * @param weight BFLOAT16 without gaps, with an even number of columns
   */
  public static boolean possible(INDArray a, INDArray weight) {
    return VectorUnit.PRESENT
        && NativeVectors.PRESENT
        && FewRows.are(a)
        && weight.length() >= FewRows.LEAST
        && weight.length() * Short.BYTES <= Integer.MAX_VALUE;
  }

  /**
   * {@code out = alpha·a·op(weight) + (accumulate) out}.
   *
   * @param a [m, k]
   * @param weight [k, n], or [n, k] with {@code transpose}
   * @param out [m, n]
   */
  public static void multiply(
      INDArray a,
      INDArray weight,
      boolean transpose,
      float alpha,
      boolean accumulate,
      INDArray out) {
    ByteBuffer memory = Address.bytes(weight, 0, weight.length() * Short.BYTES);
    FewRows results = new FewRows(out, alpha, accumulate);
    if (transpose) {
      new HalfDots(FewRows.of(a), memory, results).run();
    } else {
      new HalfSums(FewRows.of(a), memory, results).run();
    }
  }
}
