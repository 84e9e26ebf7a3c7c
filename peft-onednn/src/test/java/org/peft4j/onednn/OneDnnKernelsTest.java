package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.operation.MatrixLayout;
import org.peft4j.onednn.internal.operation.Narrowing;

/** Every kernel against the portable one, on random shapes, odd ones among them. */
class OneDnnKernelsTest {
  private static final Kernels PORTABLE = new Nd4jKernels();

  /** Fails where oneDNN is not what this process computes with. */
  private static final Kernels ONEDNN = (OneDnnKernels) KernelChoice.kernels();

  static Stream<Integer> seeds() {
    return IntStream.range(0, 12).boxed();
  }

  private static INDArray random(long... shape) {
    return Nd4j.randn(DataType.FLOAT, shape).dup('c');
  }

  private static int size(Random random) {
    return 1 + random.nextInt(random.nextBoolean() ? 9 : 70);
  }

  /** Runs a kernel of both sets, each with an output of its own, and compares. */
  private static void assertSame(INDArray output, BiConsumer<Kernels, INDArray> kernel) {
    INDArray expected = output.dup('c');
    kernel.accept(PORTABLE, expected);
    kernel.accept(ONEDNN, output);
    assertClose(output, expected, 1e-5);
  }

  private static void assertClose(INDArray actual, INDArray expected, double tolerance) {
    double scale = Math.max(1e-6, expected.amaxNumber().doubleValue());
    double error = actual.sub(expected).amaxNumber().doubleValue() / scale;
    assertThat(error).isLessThan(tolerance);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void products(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    int m = size(random);
    int k = size(random);
    int n = size(random);
    for (boolean transposeA : new boolean[] {false, true}) {
      for (boolean transposeB : new boolean[] {false, true}) {
        INDArray a = transposeA ? random(k, m) : random(m, k);
        INDArray b = transposeB ? random(n, k) : random(k, n);
        for (double beta : new double[] {0, 1}) {
          assertSame(
              random(m, n),
              (kernels, out) -> kernels.matmul(a, transposeA, b, transposeB, 0.7, beta, out));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void sumsOverRows(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    INDArray rows = random(size(random), size(random));
    INDArray other = random(rows.shape());
    assertSame(random(rows.size(1)), (kernels, sums) -> kernels.columnSums(rows, sums));
    assertSame(
        random(rows.size(1)), (kernels, sums) -> kernels.columnSumsOfProduct(rows, other, sums));
    INDArray factors = random(rows.size(1));
    assertSame(random(rows.shape()), (kernels, y) -> kernels.scaleColumns(rows, factors, y));
    INDArray part = rows.get(all(), interval(0, (rows.size(1) + 1) / 2));
    assertSame(random(part.size(1)), (kernels, sums) -> kernels.columnSums(part, sums));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void productsOfParts(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    int m = size(random);
    int k = size(random);
    int n = size(random);
    INDArray a = random(m + 2, k + 3).get(interval(1, m + 1), interval(2, k + 2));
    INDArray b = random(n, k).transpose();
    INDArray wide = random(m, n + 4);
    INDArray expected = random(m, n);
    PORTABLE.matmul(a.dup('c'), false, b.dup('c'), false, 1, 0, expected);

    INDArray out = wide.get(all(), interval(3, n + 3));
    INDArray before = wide.get(all(), interval(0, 3)).dup();
    ONEDNN.matmul(a, false, b, false, 1, 0, out);

    assertClose(out, expected, 1e-5);
    assertThat(wide.get(all(), interval(0, 3))).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void affineMaps(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    INDArray x = random(size(random), size(random));
    INDArray w = random(size(random), x.size(1));
    INDArray bias = random(w.size(0));
    assertSame(
        random(x.size(0), w.size(0)), (kernels, out) -> kernels.affine(x, w, true, bias, out));
    assertSame(
        random(x.size(0), w.size(0)),
        (kernels, out) -> kernels.affine(x, w.transpose().dup('c'), false, bias, out));
    assertSame(random(x.size(0), w.size(0)), (kernels, out) -> kernels.addBias(out, bias));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void weightsInHalfPrecision(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    int m = seed == 2 || seed == 1 ? 1 : size(random);
    int k = seed < 3 ? 3000 : size(random);
    int n = seed == 1 ? 3000 : size(random);
    for (boolean transpose : new boolean[] {false, true}) {
      INDArray a = random(m, k);
      INDArray weight = (transpose ? random(n, k) : random(k, n)).castTo(DataType.BFLOAT16);
      for (double beta : new double[] {0, 1}) {
        INDArray out = random(m, n);
        INDArray expected = out.dup('c');
        INDArray wide = weight.castTo(DataType.FLOAT);
        PORTABLE.matmul(a, false, wide, transpose, 0.5, beta, expected);
        ONEDNN.matmul(a, false, weight, transpose, 0.5, beta, out);
        assertClose(out, expected, Processor.HALF ? 1e-2 : 1e-5);
      }
    }
  }

  @Test
  void narrowingRoundsToTheNearest() {
    INDArray x = random(33, 21);
    INDArray transposed = Nd4j.create(DataType.BFLOAT16, new long[] {21, 33}, 'c');
    MatrixLayout layout = MatrixLayout.of(x).transposed();
    Narrowing.run(layout, Address.of(x), Address.of(transposed));
    assertThat(transposed.castTo(DataType.FLOAT))
        .isEqualTo(x.transpose().dup('c').castTo(DataType.BFLOAT16).castTo(DataType.FLOAT));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void affineMapsWithWeightsInHalfPrecision(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    INDArray x = random(size(random), size(random));
    INDArray w = random(size(random), x.size(1)).castTo(DataType.BFLOAT16);
    INDArray bias = random(w.size(0));
    INDArray expected = random(x.size(0), w.size(0));
    PORTABLE.affine(x, w, true, bias, expected);
    INDArray out = random(x.size(0), w.size(0));
    ONEDNN.affine(x, w, true, bias, out);
    assertClose(out, expected, Processor.HALF ? 1e-2 : 1e-5);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void activations(Activation f) {
    INDArray x = random(37, 53).muli(3);
    INDArray up = random(37, 53);
    INDArray dy = random(37, 53);
    assertSame(random(37, 53), (kernels, y) -> kernels.activation(f, x, y));
    assertSame(x.dup('c'), (kernels, y) -> kernels.activation(f, y, y));
    INDArray large = random(300, 457);
    assertSame(random(300, 457), (kernels, y) -> kernels.activation(f, large, y));
    assertSame(random(300, 457), (kernels, dx) -> kernels.activationGradient(f, large, dx, dx));
    assertSame(random(37, 53), (kernels, dx) -> kernels.activationGradient(f, x, dy, dx));
    assertSame(dy.dup('c'), (kernels, dx) -> kernels.activationGradient(f, x, dx, dx));
    assertSame(random(37, 53), (kernels, y) -> kernels.gated(f, x, up, y));
    INDArray other = random(37, 53);
    assertSame(random(37, 53), (kernels, g) -> kernels.gatedGradient(f, x, up, dy, g, other));
    assertSame(random(37, 53), (kernels, u) -> kernels.gatedGradient(f, x, up, dy, other, u));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void norms(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    int rows = size(random);
    int columns = seed == 0 ? 2048 : 1 + size(random);
    INDArray x = random(rows, columns).addi(0.5);
    INDArray dy = random(rows, columns);
    INDArray w = random(columns);
    INDArray b = random(columns);
    INDArray mean = Nd4j.create(DataType.FLOAT, rows);
    INDArray inverse = Nd4j.create(DataType.FLOAT, rows);
    assertSame(dy.dup('c'), (kernels, y) -> kernels.rmsNorm(x, w, 1e-5, y, inverse));
    assertSame(dy.dup('c'), (kernels, dx) -> kernels.rmsNormGradient(x, w, inverse, dy, dx, null));
    assertSame(w.dup('c'), (kernels, dw) -> kernels.rmsNormGradient(x, w, inverse, dy, null, dw));
    assertSame(dy.dup('c'), (kernels, y) -> kernels.layerNorm(x, w, null, 1e-5, y, mean, inverse));
    assertSame(dy.dup('c'), (kernels, y) -> kernels.layerNorm(x, w, b, 1e-5, y, mean, inverse));
    assertSame(
        dy.dup('c'),
        (kernels, dx) -> kernels.layerNormGradient(x, w, mean, inverse, dy, dx, null, null));
    assertSame(
        b.dup('c'),
        (kernels, db) ->
            kernels.layerNormGradient(x, w, mean, inverse, dy, dy.dup('c'), w.dup('c'), db));
  }

  @ParameterizedTest
  @CsvSource({"1, 5", "3, 5", "1, 2", "3, 2"})
  void rotation(int tables, int half) {
    // The middle third of wider rows, as a fused projection leaves it.
    INDArray thirds = random(3, 7, 3, 4, 10);
    INDArray cos = random(tables, 7, half);
    INDArray sin = random(tables, 7, half);
    INDArray c = Nd4j.concat(2, cos, cos).dup('c');
    INDArray s = Nd4j.concat(2, sin, sin).dup('c');
    assertSame(thirds, (kernels, x) -> kernels.rotate(middle(x), c, s));
    assertSame(thirds, (kernels, x) -> kernels.rotateBack(middle(x), c, s));
  }

  private static INDArray middle(INDArray thirds) {
    return thirds.get(all(), all(), point(1), all(), all());
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void crossEntropy(int seed) {
    Random random = new Random(seed);
    Nd4j.getRandom().setSeed(seed);
    int rows = size(random);
    int columns = 2 + size(random);
    INDArray logits = random(rows, columns).muli(8);
    int[] labels = random.ints(rows, 0, columns).toArray();
    INDArray losses = Nd4j.create(DataType.FLOAT, rows);
    assertSame(
        losses.dup('c'), (kernels, out) -> kernels.crossEntropy(logits.dup('c'), labels, 0.1, out));
    assertSame(logits, (kernels, out) -> kernels.crossEntropy(out, labels, 0.1, losses));
  }
}
