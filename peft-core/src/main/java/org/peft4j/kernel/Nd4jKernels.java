package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.ScratchScope;

/**
 * Kernels that use only ND4J operations: they run on every backend and are the reference for
 * others.
 */
public final class Nd4jKernels implements Kernels {
  private final KeptProbabilities kept;

  public Nd4jKernels() {
    this(KeptProbabilities.STANDARD);
  }

  Nd4jKernels(KeptProbabilities kept) {
    this.kept = kept;
  }

  @Override
  public void matmul(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out) {
    if (b.dataType() != a.dataType()) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray wide = scratch.mine(b.castTo(a.dataType()));
        matmul(a, transposeA, wide, transposeB, alpha, beta, out);
      }
      return;
    }
    if (hasGaps(out)) { // Which gemm refuses.
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray dense = scratch.like(out);
        if (beta != 0) {
          dense.assign(out);
        }
        matmul(a, transposeA, b, transposeB, alpha, beta, dense);
        out.assign(dense);
      }
      return;
    }
    // A column-major product of the transposed operands: outᵀ = op(b)ᵀ·op(a)ᵀ.
    Nd4j.gemm(b, a, out.transpose(), !transposeB, !transposeA, alpha, beta);
  }

  /** Whether rows are parts of wider rows. */
  private static boolean hasGaps(INDArray matrix) {
    return matrix.stride(1) == 1 && matrix.size(0) > 1 && matrix.stride(0) != matrix.size(1);
  }

  @Override
  public void addBias(INDArray rows, INDArray bias) {
    Nd4j.exec(new BroadcastAddOp(rows, bias, rows, 1));
  }

  @Override
  public void columnSums(INDArray rows, INDArray sums) {
    Nd4j.exec(new Sum(rows, sums, 0));
  }

  @Override
  public void lookUp(INDArray table, int[] ids, INDArray out) {
    if (table.dataType() == out.dataType()) {
      Nd4j.pullRows(table, out, 1, ids);
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray rows = scratch.array(table.dataType(), out.shape());
      Nd4j.pullRows(table, rows, 1, ids);
      out.assign(rows);
    }
  }

  @Override
  public void lookUpGradient(int[] ids, INDArray rows, INDArray table) {
    table.assign(0);
    for (int i = 0; i < ids.length; i++) {
      table.getRow(ids[i]).addi(rows.getRow(i));
    }
  }

  @Override
  public void rmsNorm(INDArray x, INDArray weight, double epsilon, INDArray y, INDArray inverse) {
    Nd4jNorms.rmsNorm(x, weight, epsilon, y, inverse);
  }

  @Override
  public void rmsNormGradient(
      INDArray x,
      INDArray weight,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient) {
    Nd4jNorms.gradient(x, weight, null, inverse, dy, dx, weightGradient);
  }

  @Override
  public void layerNorm(
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    Nd4jNorms.layerNorm(x, weight, epsilon, y, mean, inverse);
    if (bias != null) {
      addBias(y, bias);
    }
  }

  @Override
  public void layerNormGradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    Nd4jNorms.gradient(x, weight, mean, inverse, dy, dx, weightGradient);
    if (biasGradient != null) {
      columnSums(dy, biasGradient);
    }
  }

  @Override
  public void activation(Activation f, INDArray x, INDArray y) {
    Nd4jActivations.apply(f, x, y);
  }

  @Override
  public void activationGradient(Activation f, INDArray x, INDArray dy, INDArray dx) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray derivative = scratch.like(x);
      Nd4jActivations.derivative(f, x, derivative);
      dy.muli(derivative, dx);
    }
  }

  @Override
  public void gated(Activation f, INDArray gate, INDArray up, INDArray y) {
    Nd4jActivations.apply(f, gate, y);
    y.muli(up);
  }

  @Override
  public void gatedGradient(
      Activation f,
      INDArray gate,
      INDArray up,
      INDArray dy,
      INDArray gateGradient,
      INDArray upGradient) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray slope = scratch.like(gate);
      Nd4jActivations.derivative(f, gate, slope);
      slope.muli(up).muli(dy);
      Nd4jActivations.apply(f, gate, upGradient);
      upGradient.muli(dy);
      gateGradient.assign(slope);
    }
  }

  @Override
  public void rotate(INDArray x, INDArray cos, INDArray sin) {
    Nd4jRotary.rotate(x, cos, sin, this);
  }

  @Override
  public void rotateBack(INDArray dx, INDArray cos, INDArray sin) {
    Nd4jRotary.rotateBack(dx, cos, sin, this);
  }

  @Override
  public void attention(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context) {
    INDArray keys = k.castTo(q.dataType());
    INDArray values = v.castTo(q.dataType());
    attention(q, keys, pattern, scores).forward(q, keys, values, probabilities, context);
  }

  private Nd4jAttention attention(
      INDArray q, INDArray k, AttentionPattern pattern, AttentionScores scores) {
    pattern.requireFits(q, k);
    return new Nd4jAttention(pattern, scores, kept.keeps(pattern, area(pattern)));
  }

  private static long area(AttentionPattern pattern) {
    return (long) pattern.queries() * pattern.keys();
  }

  @Override
  public long attentionMemory(AttentionPattern pattern, DataType type, long batch, int heads) {
    return batch * heads * kept.elements(pattern, area(pattern));
  }

  @Override
  public void attentionGradient(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context,
      INDArray contextGradient,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray biasGradient) {
    attention(q, k, pattern, scores)
        .backward(q, k, v, probabilities, context, contextGradient, dq, dk, dv, biasGradient);
  }

  @Override
  public void crossEntropy(INDArray logits, int[] labels, double scale, INDArray losses) {
    Nd4jLoss.crossEntropy(logits, labels, scale, losses);
  }
}
