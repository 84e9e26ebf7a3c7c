package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.reduce3.Dot;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Attention as products of whole batches. It stacks the H/K query heads that share a key head:
 * grouped attention is then a product of batches [B, K, (H/K)·T, D] without a copy.
 */
final class Nd4jAttention {
  private Nd4jAttention() {}

  static void forward(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray keys = headsFirst(k, scratch);
      INDArray p = grouped(probabilities, keys);
      multiply(grouped(headsFirst(q, scratch), keys), keys, scores, p);
      if (scores.capped()) {
        p.muli(scores.softCap());
      }
      Nd4jBias.add(pattern, probabilities);
      softmax(matrix(p, p.length() / p.size(3)));
      INDArray result = scratch.array(q.dataType(), swapped(q));
      batched(p, false, headsFirst(v, scratch), false, 1, grouped(result, keys));
      context.assign(result.permute(0, 2, 1, 3));
    }
  }

  /** Computes the scores, divided by the soft cap if there is one. */
  private static void multiply(
      INDArray queries, INDArray keys, AttentionScores scores, INDArray out) {
    if (scores.capped()) {
      batched(queries, false, keys, true, scores.scale() / scores.softCap(), out);
      Nd4j.exec(new Tanh(out, out));
    } else {
      batched(queries, false, keys, true, scores.scale(), out);
    }
  }

  private static void softmax(INDArray rows) {
    if (rows.dataType() == DataType.FLOAT) {
      Nd4j.exec(new SoftMax(rows, rows, 1));
      return;
    }
    // In double, ND4J's softmax gives NaN for a row whose largest value is far below zero.
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray row = scratch.array(rows.dataType(), rows.size(0));
      Nd4j.exec(new Max(rows, row, 1));
      Nd4j.exec(new BroadcastSubOp(rows, row, rows, 0));
      Nd4j.exec(new Exp(rows, rows));
      Nd4j.exec(new Sum(rows, row, 1));
      Nd4j.exec(new BroadcastDivOp(rows, row, rows, 0));
    }
  }

  /**
   * With {@code dP = dC·vᵀ}, the gradient after the softmax is {@code P·(dP − rowsum(P·dP))}; that
   * sum equals {@code rowsum(C·dC)}, which is shorter. A soft cap multiplies it by {@code 1 −
   * tanh²}. A blind query's probabilities are constant, so it does not contribute.
   */
  static void backward(
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
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray keys = headsFirst(k, scratch);
      INDArray queries = grouped(headsFirst(q, scratch), keys);
      INDArray upper = headsFirst(contextGradient, scratch);
      INDArray p = grouped(probabilities, keys);
      INDArray dc = grouped(upper, keys);
      INDArray part = scratch.array(k.dataType(), swapped(k));
      batched(p, true, dc, false, 1, part);
      dv.assign(part.permute(0, 2, 1, 3));
      Nd4jBias.clearBlind(pattern, upper);
      INDArray ds = scratch.like(p);
      batched(dc, false, headsFirst(v, scratch), true, 1, ds);
      long rows = q.length() / q.size(3);
      INDArray sums = scratch.array(q.dataType(), rows);
      INDArray result = headsFirst(context, scratch);
      Nd4j.exec(new Dot(matrix(result, rows), matrix(upper, rows), sums, 1));
      INDArray flat = matrix(ds, rows);
      Nd4j.exec(new BroadcastSubOp(flat, sums, flat, 0));
      ds.muli(p);
      if (biasGradient != null) {
        Nd4jBias.gradient(ds.reshape('c', probabilities.shape()), biasGradient);
      }
      if (scores.capped()) {
        INDArray slope = scratch.like(p);
        multiply(queries, keys, scores, slope);
        ds.muli(slope.muli(slope).rsubi(1));
      }
      batched(ds, true, queries, false, scores.scale(), part);
      dk.assign(part.permute(0, 2, 1, 3));
      batched(ds, false, keys, false, scores.scale(), queries);
      dq.assign(queries.reshape('c', swapped(q)).permute(0, 2, 1, 3));
    }
  }

  private static long[] swapped(INDArray x) {
    return new long[] {x.size(0), x.size(2), x.size(1), x.size(3)};
  }

  /** [B, T, H, D] copied to [B, H, T, D]. */
  static INDArray headsFirst(INDArray x, ScratchScope scratch) {
    INDArray copy = scratch.array(x.dataType(), swapped(x));
    copy.assign(x.permute(0, 2, 1, 3));
    return copy;
  }

  private static INDArray matrix(INDArray x, long rows) {
    return x.reshape('c', rows, x.length() / rows);
  }

  /** [B, H, T, n] as [B, K, (H/K)·T, n]. */
  private static INDArray grouped(INDArray x, INDArray k) {
    long keyHeads = k.size(1);
    return x.reshape('c', x.size(0), keyHeads, x.size(1) / keyHeads * x.size(2), x.size(3));
  }

  private static void batched(
      INDArray a, boolean transposeA, INDArray b, boolean transposeB, double alpha, INDArray out) {
    Mmul product = new Mmul(a, b, alpha, 0, transposeA, transposeB, false);
    product.addOutputArgument(out);
    Nd4j.exec(product);
  }
}
