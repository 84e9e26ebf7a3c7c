package org.peft4j.lora.internal.lokr;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.ScratchScope;

/**
 * The Kronecker product w1 ⊗ w2 of w1 [l, m] and w2 [k, n], [l·k, m·n]: {@code (w1 ⊗ w2)[a·k + c,
 * b·n + d] = w1[a, b]·w2[c, d]}. Its product with x does not need the whole matrix: with x as [m,
 * n] for each row, {@code y = w1·x·w2ᵀ} as [l, k].
 *
 * @param outputs l and k
 * @param inputs m and n
 */
record Kronecker(Divisors outputs, Divisors inputs) {
  private long l() {
    return outputs.small();
  }

  private long k() {
    return outputs.large();
  }

  private long m() {
    return inputs.small();
  }

  private long n() {
    return inputs.large();
  }

  /** The whole, [l·k, m·e], of w2 [k, e], where e is n or n times a kernel's positions. */
  INDArray whole(INDArray w1, INDArray w2, ScratchScope scratch) {
    long e = w2.size(1);
    return scratch
        .mine(w1.reshape('c', l(), 1, m(), 1).mul(w2.reshape('c', 1, k(), 1, e)))
        .reshape('c', l() * k(), m() * e);
  }

  /** The gradients of w1 and w2, given the whole matrix' gradient, row-major. */
  void wholeGradient(
      INDArray w1, INDArray w2, INDArray dWhole, INDArray dw1, INDArray dw2, ScratchScope scratch) {
    long e = w2.size(1);
    INDArray d = dWhole.reshape('c', l(), k(), m(), e);
    INDArray first = scratch.mine(d.mul(w2.reshape('c', 1, k(), 1, e)));
    dw1.assign(scratch.mine(first.sum(1, 3)));
    INDArray second = scratch.mine(d.mul(w1.reshape('c', l(), 1, m(), 1)));
    dw2.assign(scratch.mine(second.sum(0, 2)));
  }

  /** x·w2ᵀ, [rows·k, m]: x [rows, m·n]. */
  INDArray inner(Kernels kernels, INDArray w2, INDArray x, ScratchScope scratch) {
    long rows = x.size(0);
    INDArray product = scratch.array(x.dataType(), rows * m(), k());
    kernels.matmul(x.reshape('c', rows * m(), n()), false, w2, true, 1, 0, product);
    return swapped(product, rows, m(), k(), scratch);
  }

  /** {@code (w1 ⊗ w2)·x}, [rows, l·k], given {@link #inner}. */
  INDArray outer(Kernels kernels, INDArray w1, INDArray inner, ScratchScope scratch) {
    long rows = inner.size(0) / k();
    INDArray product = scratch.array(inner.dataType(), rows * k(), l());
    kernels.matmul(inner, false, w1, true, 1, 0, product);
    return swapped(product, rows, k(), l(), scratch).reshape('c', rows, l() * k());
  }

  /**
   * The gradients of w1, w2 and x.
   *
   * @param dy [rows, l·k]
   * @return the gradient of x, [rows, m·n]
   */
  INDArray backward(
      Kernels kernels,
      INDArray w1,
      INDArray w2,
      INDArray x,
      INDArray dy,
      INDArray dw1,
      INDArray dw2,
      ScratchScope scratch) {
    long rows = x.size(0);
    INDArray dOuter = swapped(dy, rows, l(), k(), scratch);
    kernels.matmul(dOuter, true, inner(kernels, w2, x, scratch), false, 1, 0, dw1);
    INDArray dInner = scratch.array(x.dataType(), rows * k(), m());
    kernels.matmul(dOuter, false, w1, false, 1, 0, dInner);
    INDArray dProduct = swapped(dInner, rows, k(), m(), scratch);
    kernels.matmul(dProduct, true, x.reshape('c', rows * m(), n()), false, 1, 0, dw2);
    INDArray dx = scratch.array(x.dataType(), rows * m(), n());
    kernels.matmul(dProduct, false, w2, false, 1, 0, dx);
    return dx.reshape('c', rows, m() * n());
  }

  /** [rows, p, q] as [rows·q, p], row-major. */
  private static INDArray swapped(INDArray array, long rows, long p, long q, ScratchScope scratch) {
    return scratch
        .mine(array.reshape('c', rows, p, q).permute(0, 2, 1).dup('c'))
        .reshape('c', rows * q, p);
  }
}
