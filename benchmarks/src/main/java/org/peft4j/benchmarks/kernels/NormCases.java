package org.peft4j.benchmarks.kernels;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Normalisations, forward and backward. */
final class NormCases {
  private static final double EPSILON = 1e-5;

  private NormCases() {}

  /** GPT-2 124M's with 512 tokens, and TinyLlama's with 256. */
  static List<KernelCase> all() {
    return List.of(
        layerNorm(512, 768),
        layerNormGradient(512, 768),
        rmsNorm(256, 2048),
        rmsNormGradient(256, 2048));
  }

  private static KernelCase layerNorm(long rows, long width) {
    return KernelCases.rowWise(
        "layerNorm",
        rows,
        width,
        2,
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, width);
          INDArray weight = arrays.random(width);
          INDArray bias = arrays.random(width);
          INDArray y = arrays.zeros(rows, width);
          INDArray mean = arrays.zeros(rows);
          INDArray inverse = arrays.zeros(rows);
          return () -> kernels.layerNorm(x, weight, bias, EPSILON, y, mean, inverse);
        });
  }

  /** Of the input only: weights of norms are frozen. */
  private static KernelCase layerNormGradient(long rows, long width) {
    return KernelCases.rowWise(
        "layerNormGradient",
        rows,
        width,
        3,
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, width);
          INDArray weight = arrays.random(width);
          INDArray mean = arrays.random(rows);
          INDArray inverse = arrays.random(rows);
          INDArray dy = arrays.random(rows, width);
          INDArray dx = arrays.zeros(rows, width);
          return () -> kernels.layerNormGradient(x, weight, mean, inverse, dy, dx, null, null);
        });
  }

  private static KernelCase rmsNorm(long rows, long width) {
    return KernelCases.rowWise(
        "rmsNorm",
        rows,
        width,
        2,
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, width);
          INDArray weight = arrays.random(width);
          INDArray y = arrays.zeros(rows, width);
          INDArray inverse = arrays.zeros(rows);
          return () -> kernels.rmsNorm(x, weight, EPSILON, y, inverse);
        });
  }

  private static KernelCase rmsNormGradient(long rows, long width) {
    return KernelCases.rowWise(
        "rmsNormGradient",
        rows,
        width,
        3,
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, width);
          INDArray weight = arrays.random(width);
          INDArray inverse = arrays.random(rows);
          INDArray dy = arrays.random(rows, width);
          INDArray dx = arrays.zeros(rows, width);
          return () -> kernels.rmsNormGradient(x, weight, inverse, dy, dx, null);
        });
  }
}
