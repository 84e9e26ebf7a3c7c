package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.floating.Mean;
import org.nd4j.linalg.api.ops.impl.reduce.floating.SquaredNorm;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.reduce3.Dot;
import org.nd4j.linalg.api.ops.impl.transforms.floating.RSqrt;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.memory.ScratchScope;

/**
 * Normalisations from primitives: ND4J's own layer_norm has no epsilon. Both have the form {@code y
 * = w·x̂}, {@code x̂ = (x − μ)·r}, with μ = 0 for the root mean square.
 */
final class Nd4jNorms {
  private Nd4jNorms() {}

  static void rmsNorm(INDArray x, INDArray weight, double epsilon, INDArray y, INDArray inverse) {
    inverseDeviation(x, epsilon, inverse);
    Nd4j.exec(new BroadcastMulOp(x, inverse, y, 0));
    Nd4j.exec(new BroadcastMulOp(y, weight, y, 1));
  }

  static void layerNorm(
      INDArray x, INDArray weight, double epsilon, INDArray y, INDArray mean, INDArray inverse) {
    Nd4j.exec(new Mean(x, mean, 1));
    Nd4j.exec(new BroadcastSubOp(x, mean, y, 0));
    inverseDeviation(y, epsilon, inverse);
    Nd4j.exec(new BroadcastMulOp(y, inverse, y, 0));
    Nd4j.exec(new BroadcastMulOp(y, weight, y, 1));
  }

  private static void inverseDeviation(INDArray centred, double epsilon, INDArray inverse) {
    Nd4j.exec(new SquaredNorm(centred, inverse, 1));
    inverse.muli(1.0 / centred.size(1)).addi(epsilon);
    Nd4j.exec(new RSqrt(inverse, inverse));
  }

  /** {@code dw = Σ dy·x̂}, {@code dx = r·(g − mean(g) − x̂·mean(g·x̂))} with {@code g = w·dy}. */
  static void gradient(
      INDArray x,
      INDArray weight,
      @Nullable INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray normal = scratch.like(x);
      if (mean == null) {
        Nd4j.exec(new BroadcastMulOp(x, inverse, normal, 0));
      } else {
        Nd4j.exec(new BroadcastSubOp(x, mean, normal, 0));
        Nd4j.exec(new BroadcastMulOp(normal, inverse, normal, 0));
      }
      if (weightGradient != null) {
        INDArray product = scratch.like(x);
        dy.muli(normal, product);
        Nd4j.exec(new Sum(product, weightGradient, 0));
      }
      if (dx != null) {
        inputGradient(weight, mean != null, inverse, dy, normal, dx, scratch);
      }
    }
  }

  private static void inputGradient(
      INDArray weight,
      boolean centred,
      INDArray inverse,
      INDArray dy,
      INDArray normal,
      INDArray dx,
      ScratchScope scratch) {
    double perColumn = 1.0 / dy.size(1);
    INDArray row = scratch.like(inverse);
    Nd4j.exec(new BroadcastMulOp(dy, weight, dx, 1));
    Nd4j.exec(new Dot(dx, normal, row, 1));
    Nd4j.exec(new BroadcastMulOp(normal, row.muli(perColumn), normal, 0));
    if (centred) {
      Nd4j.exec(new Mean(dx, row, 1));
      Nd4j.exec(new BroadcastSubOp(dx, row, dx, 0));
    }
    dx.subi(normal);
    Nd4j.exec(new BroadcastMulOp(dx, inverse, dx, 0));
  }

  /** Of groups of channels over the pixels of a picture, axes 1 and 3; writes y, μ and r. */
  static void groupNorm(
      Kernels kernels,
      INDArray x,
      INDArray weight,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray groups = byGroup(x, mean);
      mean.assign(scratch.mine(groups.mean(1, 3)));
      INDArray normal = byGroup(y, mean);
      groups.sub(each(mean), normal);
      INDArray squares = scratch.mine(normal.mul(normal));
      inverse.assign(scratch.mine(squares.mean(1, 3)).addi(epsilon));
      Transforms.sqrt(inverse, false).rdivi(1);
      normal.muli(each(inverse));
      kernels.scaleColumns(y, weight, y);
      kernels.addBias(y, bias);
    }
  }

  /**
   * {@code dw = Σ dy·x̂}, {@code db = Σ dy}, {@code dx = r·(g − mean(g) − x̂·mean(g·x̂))} with
   * {@code g = w·dy} and means over a group.
   */
  static void groupNormGradient(
      Kernels kernels,
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray rows = scratch.like(x);
      INDArray normal = byGroup(rows, mean);
      byGroup(x, mean).sub(each(mean), normal);
      normal.muli(each(inverse));
      if (weightGradient != null) {
        kernels.columnSumsOfProduct(dy, rows, weightGradient);
      }
      if (biasGradient != null) {
        kernels.columnSums(dy, biasGradient);
      }
      if (dx != null) {
        kernels.scaleColumns(dy, weight, dx);
        INDArray g = byGroup(dx, mean);
        INDArray products = scratch.mine(g.mul(normal));
        normal.muli(each(scratch.mine(products.mean(1, 3))));
        g.subi(each(scratch.mine(g.mean(1, 3)))).subi(normal).muli(each(inverse));
      }
    }
  }

  /** Rows [batch·pixels, channels] as [batch, pixels, groups, channels of each]. */
  private static INDArray byGroup(INDArray rows, INDArray mean) {
    long batch = mean.size(0);
    long groups = mean.size(1);
    return rows.reshape('c', true, batch, rows.size(0) / batch, groups, rows.size(1) / groups);
  }

  private static INDArray each(INDArray statistics) {
    return statistics.reshape('c', statistics.size(0), 1, statistics.size(1), 1);
  }
}
