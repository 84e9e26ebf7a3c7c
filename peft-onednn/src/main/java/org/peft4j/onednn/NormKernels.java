package org.peft4j.onednn;

import static org.peft4j.onednn.Portable.PORTABLE;
import static org.peft4j.onednn.internal.Layouts.dense;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.onednn.internal.NormRows;

/** Normalisation of rows, in Java on the rows of dense arrays. */
interface NormKernels extends Kernels {
  @Override
  default void rmsNorm(INDArray x, INDArray weight, double epsilon, INDArray y, INDArray inverse) {
    if (dense(x, weight, y, inverse)) {
      NormRows.forward(x, weight, null, epsilon, y, null, inverse);
    } else {
      PORTABLE.rmsNorm(x, weight, epsilon, y, inverse);
    }
  }

  @Override
  default void rmsNormGradient(
      INDArray x,
      INDArray weight,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient) {
    if (dx != null && dense(x, weight, inverse, dy, dx)) {
      NormRows.inputGradient(x, weight, null, inverse, dy, dx);
      if (weightGradient != null) {
        PORTABLE.rmsNormGradient(x, weight, inverse, dy, null, weightGradient);
      }
    } else {
      PORTABLE.rmsNormGradient(x, weight, inverse, dy, dx, weightGradient);
    }
  }

  @Override
  default void layerNorm(
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    if (dense(x, weight, bias == null ? weight : bias, y, mean, inverse)) {
      NormRows.forward(x, weight, bias, epsilon, y, mean, inverse);
    } else {
      PORTABLE.layerNorm(x, weight, bias, epsilon, y, mean, inverse);
    }
  }

  @Override
  default void layerNormGradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    if (dx != null && dense(x, weight, mean, inverse, dy, dx)) {
      NormRows.inputGradient(x, weight, mean, inverse, dy, dx);
      if (weightGradient != null || biasGradient != null) {
        PORTABLE.layerNormGradient(
            x, weight, mean, inverse, dy, null, weightGradient, biasGradient);
      }
    } else {
      PORTABLE.layerNormGradient(x, weight, mean, inverse, dy, dx, weightGradient, biasGradient);
    }
  }
}
