package org.peft4j.onednn;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.operation.MatrixLayout;
import org.peft4j.onednn.internal.operation.MatrixProduct;
import org.peft4j.onednn.internal.operation.Narrowing;
import org.peft4j.onednn.internal.operation.Operands;
import org.peft4j.onednn.internal.operation.Pointwise;
import org.peft4j.onednn.internal.vector.HalfProduct;

/** Matrix products on ND4J arrays. */
final class Products {
  private Products() {}

  /**
   * {@code out = alpha·op(a)·op(b) + bias + beta·out}.
   *
   * @return whether it computed the product: false for other types, gaps between elements, or a
   *     beta other than 0 and 1
   */
  static boolean multiply(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      @Nullable INDArray bias,
      INDArray out) {
    MatrixLayout left = layout(a, transposeA);
    MatrixLayout right = layout(b, transposeB);
    MatrixLayout result = layout(out, false);
    boolean possible =
        a.dataType() == DataType.FLOAT
            && out.dataType() == DataType.FLOAT
            && left.dense()
            && right.dense()
            && result.dense()
            && (beta == 0 || beta == 1)
            && (bias == null || vector(bias))
            && out.length() > 0;
    if (!possible) {
      return false;
    }
    boolean half = b.dataType() == DataType.BFLOAT16;
    if (!half && b.dataType() != DataType.FLOAT) {
      return false;
    }
    if (half) {
      return multiplyHalf(
          transposeA ? a.transpose() : a, left, b, transposeB, alpha, beta, bias, out);
    }
    if (!result.rowMajor()) {
      // outᵀ = op(b)ᵀ·op(a)ᵀ is row-major.
      if (bias != null) {
        return false;
      }
      MatrixProduct mirrored =
          new MatrixProduct(
              right.transposed(),
              left.transposed(),
              result.transposed(),
              (float) alpha,
              beta == 1,
              false,
              Operands.SINGLE);
      MatrixProduct.run(mirrored, Address.of(b), Address.of(a), Address.of(out));
      return true;
    }
    MatrixProduct product =
        new MatrixProduct(
            left, right, result, (float) alpha, beta == 1, bias != null, Operands.SINGLE);
    run(product, a, b, out, bias);
    return true;
  }

  private static void run(
      MatrixProduct product, INDArray a, INDArray b, INDArray out, @Nullable INDArray bias) {
    if (bias == null) {
      MatrixProduct.run(product, Address.of(a), Address.of(b), Address.of(out));
    } else {
      MatrixProduct.run(product, Address.of(a), Address.of(b), Address.of(out), Address.of(bias));
    }
  }

  /** Whether a bias is FLOAT without gaps. */
  private static boolean vector(INDArray bias) {
    int last = bias.rank() - 1;
    return bias.dataType() == DataType.FLOAT
        && bias.size(last) == bias.length()
        && (bias.length() == 1 || bias.stride(last) == 1);
  }

  private static MatrixLayout layout(INDArray matrix, boolean transpose) {
    MatrixLayout layout = MatrixLayout.of(matrix);
    return (transpose ? layout.transposed() : layout).normal();
  }

  private static boolean multiplyHalf(
      INDArray a,
      MatrixLayout left,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      @Nullable INDArray bias,
      INDArray out) {
    MatrixLayout result = layout(out, false);
    boolean gaps = bias != null && result.rowStride() != result.columns();
    if (!HalfWeights.possible(left, b, result) || gaps) {
      return false;
    }
    boolean few = HalfProduct.possible(a, b);
    if (!few && (Processor.HALF || Processor.widens(result.columns()))) {
      MatrixProduct product =
          new MatrixProduct(
              left,
              layout(b, transposeB),
              result,
              (float) alpha,
              beta == 1,
              bias != null,
              Operands.WIDENED);
      if (Processor.HALF) {
        runNarrowed(product, a, b, out, bias);
      } else {
        run(product, a, b, out, bias);
      }
      return true;
    }
    if (few) {
      HalfProduct.multiply(a, b, transposeB, (float) alpha, beta == 1, out);
    } else {
      HalfWeights.multiply(a, b, transposeB, (float) alpha, beta == 1, out);
    }
    if (bias != null) {
      Pointwise.add(out, bias);
    }
    return true;
  }

  /** Narrows the first operand, too; sums in single precision. */
  private static void runNarrowed(
      MatrixProduct product, INDArray a, INDArray b, INDArray out, @Nullable INDArray bias) {
    MatrixLayout left = product.a();
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray narrow = scratch.array(DataType.BFLOAT16, left.rows(), left.columns());
      Narrowing.run(left, Address.of(a), Address.of(narrow));
      run(product.ofHalves(layout(narrow, false)), narrow, b, out, bias);
    }
  }
}
