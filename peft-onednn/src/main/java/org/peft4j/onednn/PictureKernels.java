package org.peft4j.onednn;

import static org.peft4j.onednn.Portable.PORTABLE;
import static org.peft4j.onednn.internal.Layouts.dense;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Convolution;
import org.peft4j.kernel.Kernels;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.picture.Convolutions;
import org.peft4j.onednn.internal.picture.GroupNormRows;
import org.peft4j.onednn.internal.picture.Patches;

/** Convolutions by oneDNN, and group normalisation in Java, of dense arrays. */
interface PictureKernels extends Kernels {
  @Override
  default void groupNorm(
      INDArray x,
      INDArray weight,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    if (dense(x, weight, bias, y, mean, inverse)) {
      GroupNormRows.forward(x, weight, bias, epsilon, y, mean, inverse);
    } else {
      PORTABLE.groupNorm(x, weight, bias, epsilon, y, mean, inverse);
    }
  }

  @Override
  default void groupNormGradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    boolean possible =
        dense(x, weight, mean, inverse, dy)
            && (dx == null || dense(dx))
            && (weightGradient == null || dense(weightGradient))
            && (biasGradient == null || dense(biasGradient));
    if (possible) {
      GroupNormRows.gradient(x, weight, mean, inverse, dy, dx, weightGradient, biasGradient);
    } else {
      PORTABLE.groupNormGradient(x, weight, mean, inverse, dy, dx, weightGradient, biasGradient);
    }
  }

  /** Whether a weight is dense, in single precision or half of it. */
  private static boolean denseWeight(INDArray weight) {
    boolean half = weight.dataType() == DataType.BFLOAT16;
    return half
        ? weight.rank() == 2 && weight.stride(1) == 1 && weight.stride(0) == weight.size(1)
        : dense(weight);
  }

  @Override
  default void convolution(
      Convolution shape,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double beta,
      INDArray y) {
    boolean possible =
        dense(x, y)
            && denseWeight(weight)
            && (bias == null || dense(bias))
            && (beta == 0 || beta == 1);
    long pictures = shape.pictures(x.size(0));
    if (possible && Patches.pay(shape, pictures, x.size(1), weight)) {
      Patches.forward(this, shape, x, weight, bias, beta == 1, y);
    } else if (possible) {
      boolean half = Processor.HALF && weight.dataType() == DataType.BFLOAT16;
      Convolutions.forward(shape, x, weight, bias, beta == 1, y, half);
    } else {
      Kernels.super.convolution(shape, x, weight, bias, beta, y);
    }
  }

  @Override
  default void convolutionInputGradient(
      Convolution shape, INDArray dy, INDArray weight, double beta, INDArray dx) {
    boolean possible = dense(dy, dx) && denseWeight(weight) && (beta == 0 || beta == 1);
    long pictures = shape.pictures(dx.size(0));
    if (possible && Patches.pay(shape, pictures, dx.size(1), weight)) {
      Patches.inputGradient(this, shape, dy, weight, beta == 1, dx);
    } else if (possible) {
      boolean half = Processor.HALF && weight.dataType() == DataType.BFLOAT16;
      Convolutions.inputGradient(shape, dy, weight, beta == 1, dx, half);
    } else {
      Kernels.super.convolutionInputGradient(shape, dy, weight, beta, dx);
    }
  }

  @Override
  default void convolutionWeightGradient(
      Convolution shape, INDArray x, INDArray dy, INDArray weightGradient) {
    if (dense(x, dy, weightGradient)) {
      Convolutions.weightGradient(shape, x, dy, weightGradient);
    } else {
      Kernels.super.convolutionWeightGradient(shape, x, dy, weightGradient);
    }
  }
}
