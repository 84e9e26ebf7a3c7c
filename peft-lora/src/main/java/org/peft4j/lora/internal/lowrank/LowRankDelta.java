package org.peft4j.lora.internal.lowrank;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * The change of a weight, {@code ΔW = s·B·A}, with A as [r, columns] and B as [rows, r], and the
 * gradients that follow from ∂L/∂W': {@code ∂L/∂B = s·∂L/∂W'·Aᵀ}, {@code ∂L/∂A = s·Bᵀ·∂L/∂W'}.
 *
 * <p>If a layer runs with W' instead of W and an adapter beside it, dropout zeroes columns of A: it
 * drops an input feature for all rows and time steps of a pass at once, as in variational dropout
 * (Gal and Ghahramani 2016).
 */
public final class LowRankDelta {
  private LowRankDelta() {}

  /** Adds ΔW to {@code weight}, whose elements in row-major order are [rows, columns]. */
  static void add(Pass pass, Site site, LoraShape shape, INDArray a, INDArray b, INDArray weight) {
    INDArray right = masked(pass, site, shape, matrix(a));
    INDArray delta = Scratch.of(weight.dataType(), weight.size(0), columns(weight));
    pass.kernels().matmul(matrix(b), false, right, false, shape.scale(), 0, delta);
    weight.addi(delta.reshape('c', weight.shape()));
    Scratch.release(delta);
    if (shape.drops(pass)) {
      Scratch.release(right);
    }
  }

  /** Writes the gradients of A and B. */
  static void gradient(
      Pass pass,
      Site site,
      LoraShape shape,
      INDArray a,
      INDArray b,
      INDArray weightGradient,
      INDArray gradientA,
      INDArray gradientB) {
    INDArray right = masked(pass, site, shape, matrix(a));
    INDArray dw =
        weightGradient.dup('c').reshape('c', weightGradient.size(0), columns(weightGradient));
    pass.kernels().matmul(dw, false, right, true, shape.scale(), 0, matrix(gradientB));
    INDArray intoA = matrix(gradientA);
    pass.kernels().matmul(matrix(b), true, dw, false, shape.scale(), 0, intoA);
    if (shape.drops(pass)) {
      INDArray mask = columnMask(pass, site, shape, intoA);
      intoA.muliRowVector(mask);
      Scratch.release(mask, right);
    }
  }

  private static INDArray masked(Pass pass, Site site, LoraShape shape, INDArray a) {
    if (!shape.drops(pass)) {
      return a;
    }
    INDArray mask = columnMask(pass, site, shape, a);
    INDArray masked = a.mulRowVector(mask);
    Scratch.release(mask);
    return masked;
  }

  private static INDArray columnMask(Pass pass, Site site, LoraShape shape, INDArray a) {
    return DropoutMask.draw(pass, site, shape.dropout(), a.dataType(), a.size(1));
  }

  /** An array [rows, columns…] as a matrix [rows, columns]. */
  public static INDArray matrix(INDArray array) {
    return array.rank() == 2 ? array : array.reshape('c', array.size(0), columns(array));
  }

  private static long columns(INDArray array) {
    return array.length() / array.size(0);
  }
}
