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
}
