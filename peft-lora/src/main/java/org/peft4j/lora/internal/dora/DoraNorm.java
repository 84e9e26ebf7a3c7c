package org.peft4j.lora.internal.dora;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.BooleanIndexing;
import org.nd4j.linalg.indexing.conditions.Conditions;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.memory.ScratchScope;

/**
 * The norms n of the rows of {@code W + s·B·A}, without the product B·A:
 *
 * <pre>n² = ‖W‖² + rowsum(B ⊙ (2s·W·Aᵀ + s²·B·(A·Aᵀ)))</pre>
 *
 * with ‖W‖² computed once, W·Aᵀ [out, r] and the Gram matrix A·Aᵀ [r, r]. It keeps the last norms
 * with their A and B, so the forward and backward pass of a step, and all passes of an evaluation,
 * compute them once.
 */
final class DoraNorm {
  private final Supplier<DirectedRows> frozen;
  private final double scale;
  private @Nullable INDArray squares;
  private @Nullable Known known;

  /** Computed norms, with their A and B. */
  private record Known(INDArray a, INDArray b, INDArray norms) {
    boolean areOf(INDArray otherA, INDArray otherB) {
      return equal(a, otherA) && equal(b, otherB);
    }

    private static boolean equal(INDArray one, INDArray other) {
      INDArray difference = one.sub(other);
      boolean equal = difference.amaxNumber().doubleValue() == 0;
      Scratch.release(difference);
      return equal;
    }
  }

  /**
   * @param frozen supplies W on first use
   * @param scale s
   */
  DoraNorm(Supplier<DirectedRows> frozen, double scale) {
    this.frozen = frozen;
    this.scale = scale;
  }

  DirectedRows weight() {
    return frozen.get();
  }

  /**
   * n, [out], in an array that the caller releases; infinite for a norm of 0, so that such a row
   * stays 0 after any division by n.
   *
   * @param a A as a matrix [r, in]
   * @param b B as a matrix [out, r]
   */
  synchronized INDArray divisor(Kernels kernels, INDArray a, INDArray b) {
    if (known == null) {
      INDArray zeros = DetachedArrays.zeros(a.dataType(), b.size(0));
      known = new Known(DetachedArrays.copy(a), DetachedArrays.copy(b), zeros);
      compute(kernels, known);
    } else if (!known.areOf(a, b)) {
      known.a().assign(a);
      known.b().assign(b);
      compute(kernels, known);
    }
    return Scratch.of(a.dataType(), b.size(0)).assign(known.norms());
  }

  private void compute(Kernels kernels, Known now) {
    INDArray norms = norms(kernels, now.a(), now.b());
    BooleanIndexing.replaceWhere(norms, Double.POSITIVE_INFINITY, Conditions.equals(0));
    now.norms().assign(norms);
    Scratch.release(norms);
  }

  /** n, [out]. */
  synchronized INDArray norms(Kernels kernels, INDArray a, INDArray b) {
    DirectedRows w = weight();
    if (squares == null) {
      squares = w.squaredNorms(a.dataType());
    }
    INDArray sums = Scratch.of(a.dataType(), b.size(0)).assign(squares);
    if (b.amaxNumber().doubleValue() > 0) {
      addChange(kernels, w, a, b, sums);
    }
    return Transforms.sqrt(Transforms.max(sums, 0, false), false);
  }

  private void addChange(Kernels kernels, DirectedRows w, INDArray a, INDArray b, INDArray sums) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray gram = scratch.array(a.dataType(), a.size(0), a.size(0));
      kernels.matmul(a, false, a, true, scale * scale, 0, gram);
      INDArray product = scratch.array(a.dataType(), a.size(0), b.size(0));
      w.forward(kernels, a, product);
      INDArray terms = scratch.like(b).assign(product.transpose()).muli(2 * scale);
      kernels.matmul(b, false, gram, false, 1, 1, terms);
      sums.addi(scratch.mine(terms.muli(b).sum(1)));
    }
  }
}
