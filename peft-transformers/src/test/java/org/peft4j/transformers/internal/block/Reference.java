package org.peft4j.transformers.internal.block;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.BranchPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;

/** The formulas of the parts, one number after the other, for one sequence [time][width]. */
final class Reference {
  private final Map<String, INDArray> weights;
  private final int[] mask;
  private final double @Nullable [][] encoder;

  Reference(Map<String, INDArray> weights, int[] mask, double @Nullable [][] encoder) {
    this.weights = weights;
    this.mask = mask;
    this.encoder = encoder;
  }

  double[][] block(BlockPart part, double[][] x) {
    double[][] y = x;
    for (ResidualPart sublayer : part.sublayers()) {
      double[][] given = norm(sublayer.before(), y);
      double[][] sum = y;
      for (BranchPart branch : sublayer.branches()) {
        sum = add(sum, branch(branch, given));
      }
      y = norm(sublayer.after(), sum);
    }
    return y;
  }

  private double[][] branch(BranchPart branch, double[][] x) {
    double[][] in = norm(branch.before(), x);
    double[][] out =
        branch.mixer() instanceof AttentionPart attention
            ? new ReferenceAttention(this, attention, mask).apply(in, source(attention, in))
            : feedForward((FeedForwardPart) branch.mixer(), in);
    return scaled(norm(branch.after(), out), branch.factor());
  }

  private double[][] source(AttentionPart part, double[][] x) {
    return part.source() == AttentionPart.Source.SELF || encoder == null ? x : encoder;
  }

  private double[][] feedForward(FeedForwardPart part, double[][] x) {
    double[][] up = linear(part.up(), x);
    double[][] inner = part.fused() ? columns(up, 5, 10) : up;
    double[][] gate =
        part.fused() ? columns(up, 0, 5) : part.gate().map(g -> linear(g, x)).orElse(null);
    for (int t = 0; t < inner.length; t++) {
      for (int i = 0; i < inner[t].length; i++) {
        inner[t][i] =
            gate == null
                ? activation(part.activation(), inner[t][i])
                : activation(part.activation(), gate[t][i]) * inner[t][i];
      }
    }
    return linear(part.down(), inner);
  }

  private static double activation(Activation f, double x) {
    return switch (f) {
      case SILU -> x / (1 + Math.exp(-x));
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      default -> throw new IllegalArgumentException(f.toString());
    };
  }

  double[][] linear(LinearPart part, double[][] x) {
    INDArray w = weight(part.site().name() + ".weight");
    INDArray b = weight(part.site().name() + ".bias");
    double[][] y = new double[x.length][(int) part.outputs()];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < y[t].length; o++) {
        y[t][o] = b.getDouble(o);
        for (int i = 0; i < x[t].length; i++) {
          y[t][o] += w.getDouble(o, i) * x[t][i];
        }
      }
    }
    return y;
  }

  private double[][] norm(Optional<NormPart> part, double[][] x) {
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      double[] row = x[t];
      y[t] = part.map(p -> norm(p, row)).orElse(row);
    }
    return y;
  }

  double[] norm(NormPart part, double[] x) {
    INDArray w = weight(part.site().name() + ".weight");
    boolean layer = part.kind() == NormPart.Kind.LAYER;
    double mean = 0;
    for (double v : x) {
      mean += layer ? v / x.length : 0;
    }
    double square = 0;
    for (double v : x) {
      square += (v - mean) * (v - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double factor = w.getDouble(i) + (part.kind() == NormPart.Kind.RMS_ONE_PLUS ? 1 : 0);
      y[i] = factor * (x[i] - mean) / Math.sqrt(square + part.epsilon());
      boolean biased = part.site().parameters().size() > 1;
      y[i] += biased ? weight(part.site().name() + ".bias").getDouble(i) : 0;
    }
    return y;
  }

  INDArray weight(String key) {
    return Objects.requireNonNull(weights.get(key), key);
  }

  private static double[][] columns(double[][] x, int from, int to) {
    return Arrays.stream(x).map(row -> Arrays.copyOfRange(row, from, to)).toArray(double[][]::new);
  }

  private static double[][] scaled(double[][] x, double factor) {
    return Arrays.stream(x)
        .map(row -> Arrays.stream(row).map(v -> v * factor).toArray())
        .toArray(double[][]::new);
  }

  private static double[][] add(double[][] a, double[][] b) {
    double[][] sum = new double[a.length][a[0].length];
    for (int t = 0; t < a.length; t++) {
      for (int i = 0; i < a[t].length; i++) {
        sum[t][i] = a[t][i] + b[t][i];
      }
    }
    return sum;
  }
}
