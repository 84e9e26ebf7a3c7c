package org.peft4j.kernel;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.reduce3.Dot;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Attention and rotary positions. The H/K query heads that share a key head are stacked below each
 * other, so that grouped attention is a product of batches [B, K, (H/K)·T, D] without any copy.
 */
final class Nd4jAttention {
  private record Width(DataType type, long headSize) {}

  /** The matrices R with {@code rotateHalf(x) = x·R}: a product is faster than strided halves. */
  private static final Map<Width, INDArray> ROTATIONS = new ConcurrentHashMap<>();

  private Nd4jAttention() {}

  static void forward(
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray mask,
      double scale,
      INDArray probabilities,
      INDArray context) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray keys = headsFirst(k, scratch);
      INDArray scores = grouped(probabilities, keys);
      batched(grouped(headsFirst(q, scratch), keys), false, keys, true, scale, scores);
      add(mask, probabilities);
      long rows = probabilities.length() / probabilities.size(3);
      softmax(matrix(probabilities, rows));
      INDArray result = scratch.array(q.dataType(), swapped(q));
      batched(scores, false, headsFirst(v, scratch), false, 1, grouped(result, keys));
      context.assign(result.permute(0, 2, 1, 3));
    }
  }

  private static void add(INDArray mask, INDArray scores) {
    long heads = scores.size(1);
    long area = scores.size(2) * scores.size(3);
    if (mask.size(0) == 1) {
      INDArray flat = scores.reshape('c', scores.size(0) * heads, area);
      Nd4j.exec(new BroadcastAddOp(flat, mask.reshape('c', new long[] {area}), flat, 1));
    } else {
      INDArray flat = scores.reshape('c', scores.size(0), heads, area);
      Nd4j.exec(new BroadcastAddOp(flat, mask.reshape('c', scores.size(0), area), flat, 0, 2));
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
   * With {@code dP = dC·vᵀ}, the gradient of the scores is {@code P·(dP − rowsum(P·dP))}; that sum
   * equals {@code rowsum(C·dC)}, which is shorter.
   */
  static void backward(
      INDArray q,
      INDArray k,
      INDArray v,
      double scale,
      INDArray probabilities,
      INDArray context,
      INDArray contextGradient,
      INDArray dq,
      INDArray dk,
      INDArray dv) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray keys = headsFirst(k, scratch);
      INDArray queries = grouped(headsFirst(q, scratch), keys);
      INDArray upper = headsFirst(contextGradient, scratch);
      INDArray p = grouped(probabilities, keys);
      INDArray dc = grouped(upper, keys);
      INDArray part = scratch.array(k.dataType(), swapped(k));
      batched(p, true, dc, false, 1, part);
      dv.assign(part.permute(0, 2, 1, 3));
      INDArray ds = scratch.like(p);
      batched(dc, false, headsFirst(v, scratch), true, 1, ds);
      long rows = q.length() / q.size(3);
      INDArray sums = scratch.array(q.dataType(), rows);
      INDArray result = headsFirst(context, scratch);
      Nd4j.exec(new Dot(matrix(result, rows), matrix(upper, rows), sums, 1));
      INDArray flat = matrix(ds, rows);
      Nd4j.exec(new BroadcastSubOp(flat, sums, flat, 0));
      ds.muli(p);
      batched(ds, true, queries, false, scale, part);
      dk.assign(part.permute(0, 2, 1, 3));
      batched(ds, false, keys, false, scale, queries);
      dq.assign(queries.reshape('c', swapped(q)).permute(0, 2, 1, 3));
    }
  }

  private static long[] swapped(INDArray x) {
    return new long[] {x.size(0), x.size(2), x.size(1), x.size(3)};
  }

  /** [B, T, H, D] copied to [B, H, T, D]. */
  private static INDArray headsFirst(INDArray x, ScratchScope scratch) {
    INDArray copy = scratch.array(x.dataType(), swapped(x));
    copy.assign(x.permute(0, 2, 1, 3));
    return copy;
  }

  /** {@code x·cos + (x·R)·sin}. */
  static void rotate(INDArray x, INDArray cos, INDArray sin, Kernels kernels) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray heads = headsFirst(x, scratch);
      INDArray rotated = scratch.like(heads);
      kernels.matmul(rows(heads), false, rotation(x), false, 1, 0, rows(rotated));
      scaleByPosition(rotated, sin);
      scaleByPosition(heads, cos);
      x.assign(heads.addi(rotated).permute(0, 2, 1, 3));
    }
  }

  /** {@code dx = dy·cos + (dy·sin)·Rᵀ}. */
  static void rotateBack(INDArray dx, INDArray cos, INDArray sin, Kernels kernels) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray heads = headsFirst(dx, scratch);
      INDArray scaled = scratch.like(heads);
      scaled.assign(heads);
      scaleByPosition(scaled, sin);
      scaleByPosition(heads, cos);
      kernels.matmul(rows(scaled), false, rotation(dx), true, 1, 1, rows(heads));
      dx.assign(heads.permute(0, 2, 1, 3));
    }
  }

  private static void scaleByPosition(INDArray heads, INDArray table) {
    long area = heads.size(2) * heads.size(3);
    if (table.size(0) == 1) {
      INDArray flat = heads.reshape('c', heads.size(0) * heads.size(1), area);
      Nd4j.exec(new BroadcastMulOp(flat, table.reshape('c', new long[] {area}), flat, 1));
    } else {
      INDArray flat = heads.reshape('c', heads.size(0), heads.size(1), area);
      Nd4j.exec(new BroadcastMulOp(flat, table.reshape('c', heads.size(0), area), flat, 0, 2));
    }
  }

  private static INDArray rotation(INDArray x) {
    return ROTATIONS.computeIfAbsent(new Width(x.dataType(), x.size(3)), Nd4jAttention::rotation);
  }

  private static INDArray rotation(Width width) {
    int size = (int) width.headSize();
    int half = size / 2;
    double[][] r = new double[size][size];
    for (int i = 0; i < half; i++) {
      r[half + i][i] = -1;
      r[i][half + i] = 1;
    }
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createFromArray(r).castTo(width.type());
    }
  }

  private static INDArray rows(INDArray x) {
    return matrix(x, x.length() / x.size(3));
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
