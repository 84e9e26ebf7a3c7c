package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Group normalisation in ND4J's operations: a group's channels and pixels are axes 1 and 3. */
final class GroupNorms {
  private GroupNorms() {}

  /** Writes y, μ and r. */
  static void forward(
      Kernels kernels,
      INDArray x,
      INDArray weight,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray groups = groups(x, mean);
      mean.assign(scratch.mine(groups.mean(1, 3)));
      INDArray normal = groups(y, mean);
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
  static void gradient(
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
      INDArray normal = groups(rows, mean);
      groups(x, mean).sub(each(mean), normal);
      normal.muli(each(inverse));
      if (weightGradient != null) {
        kernels.columnSumsOfProduct(dy, rows, weightGradient);
      }
      if (biasGradient != null) {
        kernels.columnSums(dy, biasGradient);
      }
      if (dx != null) {
        kernels.scaleColumns(dy, weight, dx);
        INDArray g = groups(dx, mean);
        INDArray products = scratch.mine(g.mul(normal));
        normal.muli(each(scratch.mine(products.mean(1, 3))));
        g.subi(each(scratch.mine(g.mean(1, 3)))).subi(normal).muli(each(inverse));
      }
    }
  }

  /** Rows [batch·pixels, channels] as [batch, pixels, groups, channels of each]. */
  private static INDArray groups(INDArray rows, INDArray mean) {
    long batch = mean.size(0);
    long groups = mean.size(1);
    return rows.reshape('c', true, batch, rows.size(0) / batch, groups, rows.size(1) / groups);
  }

  private static INDArray each(INDArray statistics) {
    return statistics.reshape('c', statistics.size(0), 1, statistics.size(1), 1);
  }
}
