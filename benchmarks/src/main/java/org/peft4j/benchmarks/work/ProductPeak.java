package org.peft4j.benchmarks.work;

import java.util.Comparator;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Kernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.Precision;
import org.peft4j.transformers.config.Family;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.model.ModelSites;

/**
 * The rate that matrix products reach here and now, measured on the largest matrix of a model's
 * blocks and on its head: the better of the two.
 */
final class ProductPeak {
  private static final int REPEATS = 12;
  private static final double LONG_ENOUGH = 2;

  private final Kernels kernels;
  private final Precision precision;
  private final boolean inputsFirst;
  private final int tokens;

  ProductPeak(Kernels kernels, Precision precision, Family family, int tokens) {
    this.kernels = kernels;
    this.precision = precision;
    this.inputsFirst = family.inputsFirst();
    this.tokens = tokens;
  }

  /** Operations a second. */
  double measure(ModelConfig config) {
    List<Site> matrices =
        new ModelSites(config)
            .all().stream().filter(site -> site.kind() == SiteKind.LINEAR).toList();
    Site head = matrices.get(matrices.size() - 1);
    Site largest =
        matrices.stream()
            .filter(site -> !site.equals(head))
            .max(Comparator.comparingLong(site -> site.inputs() * site.outputs()))
            .orElse(head);
    return Math.max(rate(largest, inputsFirst), rate(head, false));
  }

  private double rate(Site site, boolean weightInputsFirst) {
    long in = site.inputs();
    long out = site.outputs();
    try (INDArray x = Nd4j.rand(DataType.FLOAT, tokens, in);
        INDArray weight = weightInputsFirst ? weight(in, out) : weight(out, in);
        INDArray y = Nd4j.create(DataType.FLOAT, tokens, out)) {
      Stopwatch all = Stopwatch.start();
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < REPEATS && (i < 2 || all.seconds() < LONG_ENOUGH); i++) {
        Stopwatch watch = Stopwatch.start();
        kernels.matmul(x, false, weight, !weightInputsFirst, 1, 0, y);
        least = Math.min(least, watch.seconds());
      }
      return 2.0 * tokens * in * out / least;
    }
  }

  /** Activations are single precision, whatever weights are held in. */
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
