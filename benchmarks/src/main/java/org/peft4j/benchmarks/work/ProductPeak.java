package org.peft4j.benchmarks.work;

import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Kernels;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Precision;

/**
 * The rate of matrix products on this machine now: the better of the largest matrix of a model's
 * blocks and its head over a vocabulary.
 */
final class ProductPeak {
  private static final int REPEATS = 12;
  private static final double LONG_ENOUGH = 2;

  private final Kernels kernels;
  private final Precision precision;
  private final int tokens;

  ProductPeak(Kernels kernels, Precision precision, int tokens) {
    this.kernels = kernels;
    this.precision = precision;
    this.tokens = tokens;
  }

  /** Operations a second. */
  double measure(ModelArchitecture model) {
    Optional<LinearPart> head =
        model.head() instanceof HeadPart.Output output
            ? Optional.of(output.linear())
            : Optional.empty();
    Optional<LinearPart> largest =
        model.modules().stream()
            .filter(LinearPart.class::isInstance)
            .map(LinearPart.class::cast)
            .filter(linear -> !head.equals(Optional.of(linear)))
            .max(Comparator.comparingLong(linear -> linear.inputs() * linear.outputs()));
    return Stream.concat(largest.stream(), head.stream())
        .mapToDouble(this::rate)
        .max()
        .orElseThrow();
  }

  private double rate(LinearPart linear) {
    long in = linear.inputs();
    long out = linear.outputs();
    boolean inputsFirst = linear.inputsFirst();
    try (INDArray x = Nd4j.rand(DataType.FLOAT, tokens, in);
        INDArray weight = inputsFirst ? weight(in, out) : weight(out, in);
        INDArray y = Nd4j.create(DataType.FLOAT, tokens, out)) {
      Stopwatch all = Stopwatch.start();
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < REPEATS && (i < 2 || all.seconds() < LONG_ENOUGH); i++) {
        Stopwatch watch = Stopwatch.start();
        kernels.matmul(x, false, weight, !inputsFirst, 1, 0, y);
        least = Math.min(least, watch.seconds());
      }
      return 2.0 * tokens * in * out / least;
    }
  }

  /** Activations have single precision, whatever the weights' type. */
  private INDArray weight(long rows, long columns) {
    INDArray random = Nd4j.rand(DataType.FLOAT, rows, columns);
    if (precision == Precision.FP32) {
      return random;
    }
    try (random) {
      return random.castTo(DataType.BFLOAT16);
    }
  }
}
