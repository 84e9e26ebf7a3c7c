package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;

/**
 * Products and attentions of many small shapes, against the portable kernels. Every array lies
 * between numbers that are not finite: who reads or writes beside it is found out.
 */
class RandomShapesTest {
  private static final int GUARD = 64;
  private static final Kernels PORTABLE = new Nd4jKernels();
  private static final Kernels KERNELS = new OneDnnKernels();

  /** An array inside a larger one. */
  private record Guarded(INDArray whole, INDArray array) {
    static Guarded of(INDArray values) {
      INDArray whole =
          Nd4j.valueArrayOf(new long[] {values.length() + 2 * GUARD}, Float.NaN, DataType.FLOAT);
      INDArray array =
          whole
              .get(NDArrayIndex.interval(GUARD, GUARD + values.length()))
              .reshape('c', values.shape());
      array.assign(values);
      return new Guarded(whole, array);
    }

    boolean intact() {
      float[] all = whole.toFloatVector();
      for (int i = 0; i < GUARD; i++) {
        if (!Float.isNaN(all[i]) || !Float.isNaN(all[all.length - 1 - i])) {
          return false;
        }
      }
      return true;
    }
  }

  @Test
  void products() {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      Random random = new Random(i);
      int rows = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
      int inner = 1 + random.nextInt(random.nextBoolean() ? 4 : 70);
      int columns = 1 + random.nextInt(random.nextBoolean() ? 4 : 70);
      if (i % 50 == 49) { // More than the cache holds.
        rows += 16;
        inner += 400;
        columns += 400;
      }
      boolean left = random.nextBoolean();
      boolean right = random.nextBoolean();
      double alpha = random.nextBoolean() ? 1 : 0.7;
      double beta = random.nextInt(2);
      INDArray a = left ? random(i, inner, rows) : random(i, rows, inner);
      INDArray b = right ? random(i + 1, columns, inner) : random(i + 1, inner, columns);
      INDArray out = beta == 0 ? nan(rows, columns) : random(i + 2, rows, columns);
      INDArray expected = out.dup('c');
      PORTABLE.matmul(a, left, b, right, alpha, beta, expected);
      Guarded guarded = Guarded.of(out);
      KERNELS.matmul(
          Guarded.of(a).array(), left, Guarded.of(b).array(), right, alpha, beta, guarded.array());
      String shape =
          "[%d, %d, %d] %s %s alpha %s beta %s"
              .formatted(rows, inner, columns, left, right, alpha, beta);
      check(wrong, shape, guarded, expected);
    }
    assertThat(wrong).isEmpty();
  }

  /** Whole numbers, whose products are exact. */
  @Test
  void productsWithWeightsInHalfPrecision() {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Random random = new Random(5000 + i);
      int rows = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
      int inner = 1 + random.nextInt(random.nextBoolean() ? 4 : 70);
      int columns = 1 + random.nextInt(random.nextBoolean() ? 4 : 70);
      boolean right = random.nextBoolean();
      double beta = random.nextInt(2);
      INDArray a = Floats.whole(i, rows, inner);
      INDArray b =
          right ? Floats.whole(i + 1, columns, inner) : Floats.whole(i + 1, inner, columns);
      INDArray out = beta == 0 ? nan(rows, columns) : Floats.whole(i + 2, rows, columns);
      INDArray expected = out.dup('c');
      PORTABLE.matmul(a, false, b, right, 1, beta, expected);
      Guarded guarded = Guarded.of(out);
      KERNELS.matmul(
          Guarded.of(a).array(),
          false,
          b.castTo(DataType.BFLOAT16),
          right,
          1,
          beta,
          guarded.array());
      String shape = "[%d, %d, %d] %s beta %s".formatted(rows, inner, columns, right, beta);
      check(wrong, shape, guarded, expected);
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest(name = "at most {0} probabilities a query kept")
  @ValueSource(longs = {512, 0})
  void attentions(long most) {
    Kernels kernels = new OneDnnKernels(new KeptProbabilities(most));
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      Random random = new Random(1000 + i);
      int batch = 1 + random.nextInt(6);
      int queries = 1 + random.nextInt(9);
      int past = random.nextInt(3) == 0 ? random.nextInt(5) : 0;
      int keyHeads = 1 + random.nextInt(3);
      int heads = keyHeads * (1 + random.nextInt(3));
      int width = 1 + random.nextInt(random.nextBoolean() ? 8 : 20);
      boolean causal = random.nextBoolean();
      int keys = causal ? past + queries : 1 + random.nextInt(9);
      AttentionPattern pattern =
          causal
              ? AttentionPattern.causal(past, queries, keys)
              : AttentionPattern.full(queries, keys);
      if (random.nextBoolean()) {
        int[] mask = new int[batch * keys];
        Arrays.setAll(mask, k -> k % keys == 0 || random.nextInt(4) > 0 ? 1 : 0);
        pattern = pattern.withMask(batch, mask);
      }
      String shape =
          "batch %d, %d queries, %d keys, %d of %d heads, width %d, causal %s, row %d"
              .formatted(batch, queries, keys, keyHeads, heads, width, causal, i);
      attention(kernels, wrong, shape, pattern, batch, heads, keyHeads, width);
    }
    assertThat(wrong).isEmpty();
  }

  private static void attention(
      Kernels kernels,
      List<String> wrong,
      String shape,
      AttentionPattern pattern,
      int batch,
      int heads,
      int keyHeads,
      int width) {
    INDArray q = random(1, batch, pattern.queries(), heads, width);
    INDArray k = random(2, batch, pattern.keys(), keyHeads, width);
    INDArray v = random(3, batch, pattern.keys(), keyHeads, width);
    INDArray upper = random(4, q.shape());
    List<INDArray> expected = outputs(PORTABLE, pattern, List.of(q, k, v, upper), null);
    List<Guarded> guarded = new ArrayList<>();
    List<INDArray> inputs = List.of(q, k, v, upper);
    outputs(kernels, pattern, inputs.stream().map(x -> Guarded.of(x).array()).toList(), guarded);
    String[] names = {"context", "dq", "dk", "dv"};
    for (int i = 0; i < names.length; i++) {
      check(wrong, shape + ": " + names[i], guarded.get(i + 1), expected.get(i));
    }
  }

  private static List<INDArray> outputs(
      Kernels kernels,
      AttentionPattern pattern,
      List<INDArray> inputs,
      @Nullable List<Guarded> guards) {
    INDArray q = inputs.get(0);
    INDArray k = inputs.get(1);
    INDArray v = inputs.get(2);
    AttentionScores scores = AttentionScores.scaled(0.3);
    long kept = kernels.attentionMemory(pattern, DataType.FLOAT, (int) q.size(0), (int) q.size(2));
    List<INDArray> made = new ArrayList<>();
    for (INDArray like : List.of(nan(kept), q, q, k, v)) {
      INDArray empty = nan(like.shape());
      if (guards == null) {
        made.add(empty);
      } else {
        Guarded guarded = Guarded.of(empty);
        guards.add(guarded);
        made.add(guarded.array());
      }
    }
    INDArray p = made.get(0);
    INDArray context = made.get(1);
    kernels.attention(q, k, v, pattern, scores, p, context);
    kernels.attentionGradient(
        q,
        k,
        v,
        pattern,
        scores,
        p,
        context,
        inputs.get(3),
        made.get(2),
        made.get(3),
        made.get(4),
        null);
    return made.subList(1, 5);
  }

  private static void check(List<String> wrong, String shape, Guarded actual, INDArray expected) {
    if (!actual.intact()) {
      wrong.add(shape + " writes beside its result");
    }
    double error = actual.array().sub(expected).amaxNumber().doubleValue();
    if (!(error < 1e-4) || actual.array().isNaN().any()) {
      wrong.add(shape + " differs by " + error);
    }
  }

  private static INDArray nan(long... shape) {
    return Nd4j.valueArrayOf(shape, Float.NaN, DataType.FLOAT);
  }

  private static INDArray random(long seed, long... shape) {
    return Floats.random(seed, shape);
  }
}
