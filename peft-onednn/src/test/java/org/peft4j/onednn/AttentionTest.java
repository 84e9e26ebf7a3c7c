package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.onednn.internal.Processor;

/** Attention and its gradients against the portable kernels, for each thing a pattern can say. */
class AttentionTest {
  private static final int BATCH = 2;
  private static final int HEADS = 4;
  private static final int WIDTH = 6;

  /** Keeps no probabilities. */
  private static final KeptProbabilities NONE = new KeptProbabilities(0);

  private static final AttentionScores SCALED = AttentionScores.scaled(0.3);
  private static final AttentionScores ROUNDED = new AttentionScores(0.3, 0, true);
  private static final AttentionScores CAPPED = new AttentionScores(0.9, 1.5);

  static Stream<Arguments> patterns() {
    int[] right =
        IntStream.range(0, 600).map(i -> i % 300 < 280 - 90 * (i / 300) ? 1 : 0).toArray();
    int[] holes =
        IntStream.range(0, 600).map(i -> i % 300 > 20 && i % 7 > i / 300 ? 1 : 0).toArray();
    int[] ends = IntStream.range(0, 600).map(i -> i % 300 > 40 && i % 300 < 130 ? 1 : 0).toArray();
    int[] documents =
        IntStream.range(0, 600)
            .map(i -> i % 300 > 290 ? 0 : 1 + i % 300 / (35 + 40 * (i / 300)))
            .toArray();
    AttentionPattern causal = AttentionPattern.causal(300);
    return Stream.of(
        Arguments.of("causal, one tile", AttentionPattern.causal(50)),
        Arguments.of("causal, a whole tile", AttentionPattern.causal(128)),
        Arguments.of("causal, several tiles", causal),
        Arguments.of("a single query", AttentionPattern.causal(1)),
        Arguments.of("both directions", AttentionPattern.full(70, 70)),
        Arguments.of("both directions, several tiles", AttentionPattern.full(200, 200)),
        Arguments.of(
            "both directions, padding", AttentionPattern.full(300, 300).withMask(2, right)),
        Arguments.of("window on both sides", AttentionPattern.full(300, 300).withWindow(40)),
        Arguments.of(
            "window on both sides, padding",
            AttentionPattern.full(300, 300).withMask(2, right).withWindow(33)),
        Arguments.of(
            "window on both sides, prefix",
            AttentionPattern.full(300, 300).withWindow(9).withPrefix(11)),
        Arguments.of("another sequence", AttentionPattern.full(7, 40)),
        Arguments.of("another sequence, padding", AttentionPattern.full(7, 300).withMask(2, ends)),
        Arguments.of("after cached keys", AttentionPattern.causal(33, 20, 53)),
        Arguments.of("many keys", AttentionPattern.full(40, 600)),
        Arguments.of("blocks of keys", AttentionPattern.full(70, 1300)),
        Arguments.of(
            "blocks of keys, window", AttentionPattern.causal(900, 70, 1000).withWindow(880)),
        Arguments.of(
            "blocks of keys that no query sees",
            AttentionPattern.causal(600, 70, 1000).withWindow(100)),
        Arguments.of("unused slots", AttentionPattern.causal(33, 5, 200)),
        Arguments.of("decoding", AttentionPattern.causal(70, 1, 200)),
        Arguments.of("decoding in a window", AttentionPattern.causal(170, 1, 200).withWindow(20)),
        Arguments.of(
            "decoding, left padding", AttentionPattern.causal(70, 1, 128).withLeftPadding(0, 66)),
        Arguments.of("window", causal.withWindow(40)),
        Arguments.of("window of one", causal.withWindow(1)),
        Arguments.of("window, left padding", causal.withWindow(9).withLeftPadding(0, 44)),
        Arguments.of("left padding", causal.withLeftPadding(3, 150)),
        Arguments.of("right padding", causal.withMask(2, right)),
        Arguments.of("holes", causal.withMask(2, holes)),
        Arguments.of("documents", causal.withMask(2, documents)),
        Arguments.of("documents, window", causal.withMask(2, documents).withWindow(12)),
        Arguments.of("documents, prefix", causal.withMask(2, documents).withPrefix(7)),
        Arguments.of(
            "documents in both directions", AttentionPattern.full(300, 300).withMask(2, documents)),
        Arguments.of("a row of padding only", AttentionPattern.causal(9).withLeftPadding(0, 9)),
        Arguments.of("prefix", causal.withPrefix(11)),
        Arguments.of("prefix, left padding", causal.withPrefix(11).withLeftPadding(3, 150)),
        Arguments.of("prefix, window", causal.withPrefix(5).withWindow(20)),
        Arguments.of(
            "prefix, window, left padding",
            causal.withPrefix(70).withWindow(90).withLeftPadding(3, 150)),
        Arguments.of(
            "prefix, window, documents",
            causal
                .withMask(1, IntStream.range(0, 300).map(i -> 1 + i / 83).toArray())
                .withPrefix(20)
                .withWindow(30)),
        Arguments.of(
            "prefix, window, cached keys",
            AttentionPattern.causal(33, 5, 60).withPrefix(50).withWindow(64)),
        Arguments.of("prefix, cached keys", AttentionPattern.causal(33, 5, 60).withPrefix(5)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void givesTheNumbersOfThePortableKernels(String name, AttentionPattern pattern) {
    assertSame(pattern, 2, SCALED);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void capsScores(String name, AttentionPattern pattern) {
    assertSame(pattern, 2, CAPPED);
  }

  /** Scores whose bounds are too large for exponentials without a maximum. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void largeScoresDoNotOverflow(String name, AttentionPattern pattern) {
    assertSame(pattern, 2, AttentionScores.scaled(-30));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void addsABiasAndGivesItsGradient(String name, AttentionPattern pattern) {
    for (int rows : new int[] {1, BATCH}) {
      for (int heads : new int[] {1, HEADS}) {
        INDArray bias = random(rows, heads, pattern.queries(), pattern.keys());
        assertSame(pattern.withBias(bias), 2, rows == heads ? SCALED : CAPPED);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void sharesKeysAmongHeads(String name, AttentionPattern pattern) {
    assertSame(pattern, 1, SCALED);
    assertSame(pattern, HEADS, CAPPED);
  }

  /** Each factor in BFLOAT16 has an error of 2⁻⁹ at the most. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void roundedFactorsGiveNearlyTheSameNumbers(String name, AttentionPattern pattern) {
    for (int keyHeads : new int[] {1, 2, HEADS}) {
      Kernels kernels = new OneDnnKernels(NONE);
      List<INDArray> exact = outputs(kernels, pattern, keyHeads, SCALED);
      List<INDArray> rounded = outputs(kernels, pattern, keyHeads, ROUNDED);
      for (int i = 0; i < exact.size(); i++) {
        INDArray error = rounded.get(i).sub(exact.get(i));
        double size = exact.get(i).norm2Number().doubleValue();
        double least = 0.5 * Math.sqrt(error.length()); // Where gradients cancel each other.
        assertThat(error.norm2Number().doubleValue() / Math.max(size, least))
            .as("output %d, %d heads of keys", i, keyHeads)
            .isLessThan(0.01);
      }
      assertThat(rounded.equals(exact)).as("exact").isEqualTo(!Processor.HALF);
    }
  }

  private static void assertSame(AttentionPattern pattern, int keyHeads, AttentionScores scores) {
    List<INDArray> expected = outputs(new Nd4jKernels(), pattern, keyHeads, scores);
    double tolerance = 3e-5 * Math.max(1, Math.abs(scores.scale())); // Gradients are multiplied.
    for (Kernels kernels : List.of(new OneDnnKernels(), new OneDnnKernels(NONE))) {
      List<INDArray> actual = outputs(kernels, pattern, keyHeads, scores);
      for (int i = 0; i < expected.size(); i++) {
        double size = Math.max(0.1, expected.get(i).amaxNumber().doubleValue());
        double error = actual.get(i).sub(expected.get(i)).amaxNumber().doubleValue() / size;
        assertThat(error).as("output " + i).isLessThan(tolerance);
      }
    }
  }

  @Test
  void manyProbabilitiesAreNotKept() {
    Kernels kernels = new OneDnnKernels();
    AttentionPattern full = AttentionPattern.full(512, 512);
    assertThat(kernels.attentionMemory(full, DataType.FLOAT, 2, 3)).isEqualTo(6 * 512 * 512);
    AttentionPattern causal = AttentionPattern.causal(1024);
    assertThat(kernels.attentionMemory(causal, DataType.FLOAT, 2, 3)).isEqualTo(6 * 1024);
    AttentionPattern window = causal.withWindow(100);
    assertThat(kernels.attentionMemory(window, DataType.FLOAT, 2, 3)).isGreaterThan(6 * 1024 * 100);
    AttentionPattern step = AttentionPattern.causal(2000, 1, 2001);
    assertThat(kernels.attentionMemory(step, DataType.FLOAT, 2, 3)).isEqualTo(6 * 2001);
  }

  /** Heads with gaps between them are not for this class; the memory is for its tiles alone. */
  @Test
  void headsWithGapsGiveTheSameNumbersInTheSameMemory() {
    AttentionPattern pattern = AttentionPattern.causal(130);
    AttentionScores scores = AttentionScores.scaled(0.3);
    Kernels kernels = new OneDnnKernels();
    INDArray wide = random(BATCH, 130, HEADS, WIDTH + 1);
    INDArray gaps = wide.get(all(), all(), all(), interval(0, WIDTH));
    INDArray dense = gaps.dup('c');
    INDArray upper = random(dense.shape());
    INDArray p = random(kernels.attentionMemory(pattern, DataType.FLOAT, BATCH, HEADS));
    assertThat(p.length()).isLessThan((long) BATCH * HEADS * 130 * 130);
    INDArray[] contexts = {random(dense.shape()), random(dense.shape())};
    INDArray[] gradients = {random(dense.shape()), random(dense.shape())};
    INDArray dk = random(dense.shape());
    INDArray dv = random(dense.shape());
    INDArray[] queries = {dense, gaps};
    for (int i = 0; i < 2; i++) {
      kernels.attention(queries[i], dense, dense, pattern, scores, p, contexts[i]);
      kernels.attentionGradient(
          queries[i],
          dense,
          dense,
          pattern,
          scores,
          p,
          contexts[i],
          upper,
          gradients[i],
          dk,
          dv,
          null);
    }
    assertThat(contexts[1].sub(contexts[0]).amaxNumber().doubleValue()).isLessThan(1e-5);
    assertThat(gradients[1].sub(gradients[0]).amaxNumber().doubleValue()).isLessThan(1e-5);
  }

  /** The context, and the gradients of q, k, v and the bias. */
  private static List<INDArray> outputs(
      Kernels kernels, AttentionPattern pattern, int keyHeads, AttentionScores scores) {
    Nd4j.getRandom().setSeed(5);
    INDArray q = random(BATCH, pattern.queries(), HEADS, WIDTH);
    INDArray k = random(BATCH, pattern.keys(), keyHeads, WIDTH);
    INDArray v = random(BATCH, pattern.keys(), keyHeads, WIDTH);
    INDArray dc = random(q.shape());
    INDArray p = random(kernels.attentionMemory(pattern, DataType.FLOAT, BATCH, HEADS));
    INDArray context = random(q.shape());
    INDArray dq = random(q.shape());
    INDArray dk = random(k.shape());
    INDArray dv = random(v.shape());
    INDArray bias = pattern.bias();
    @Nullable INDArray dBias = bias == null ? null : random(bias.shape());
    kernels.attention(q, k, v, pattern, scores, p, context);
    kernels.attentionGradient(q, k, v, pattern, scores, p, context, dc, dq, dk, dv, dBias);
    List<INDArray> outputs = new ArrayList<>(List.of(context, dq, dk, dv));
    if (dBias != null) {
      outputs.add(dBias);
    }
    return outputs;
  }

  private static INDArray random(long... shape) {
    return Nd4j.randn(DataType.FLOAT, shape).dup('c');
  }
}
