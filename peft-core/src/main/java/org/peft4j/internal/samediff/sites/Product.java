package org.peft4j.internal.samediff.sites;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.weight.WeightView;

/**
 * How an operation multiplies its input with a weight, {@code y = x·Wᵀ} with rows x [rows, in] and
 * y [rows, out].
 *
 * @param weightFirst whether the weight is the first operand
 * @param inputTurned whether the input is [in, rows]
 * @param outputTurned whether the output is [out, rows]
 * @param view the weight's array as W [out, in]
 */
public record Product(
    NativeOp op, boolean weightFirst, boolean inputTurned, boolean outputTurned, WeightView view) {
  /** {@code z = op(a)·op(b)}, or its transpose, where one of a and b is the weight. */
  public static Product matmul(NativeOp op, boolean weightFirst) {
    boolean turnA = op.flag(0);
    boolean turnB = op.flag(1);
    boolean turnResult = op.flag(2);
    return weightFirst
        ? new Product(op, true, !turnB, !turnResult, view(turnA))
        : new Product(op, false, turnA, turnResult, view(!turnB));
  }

  /** {@code y = x·W + b} with W [in, out]. */
  public static Product affine(NativeOp op) {
    return new Product(op, false, false, false, WeightView.TRANSPOSED);
  }

  private static WeightView view(boolean turned) {
    return turned ? WeightView.TRANSPOSED : WeightView.AS_STORED;
  }

  /** Whether the operation adds a bias, its third argument. */
  public boolean biased() {
    return op.name().equals("xw_plus_b");
  }

  /** The input as rows [rows, in], a view. */
  public INDArray rows(INDArray input) {
    return inputTurned ? input.transpose() : input;
  }

  /** Rows as the operation's operand, a view. */
  public INDArray operand(INDArray rows) {
    return inputTurned ? rows.transpose() : rows;
  }
}
