package org.peft4j.onednn.internal.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.onednn.Floats;

/**
 * Attention and its gradients in loops of double precision, head by head:
 *
 * <pre>
 * z = scale·q·k, s = cap(z) + bias, p = softmax(s), context = Σ p·v
 * dp = dc·v, ds = p·(dp − Σ p·dp), dz = ds·(1 − tanh²(z/c))
 * dq = Σ scale·dz·k, dk = Σ scale·dz·q, dv = Σ p·dc, dbias = Σ ds
 * </pre>
 *
 * A query that sees no key attends to all equally: {@code p = 1/S}, {@code ds = 0}.
 */
class AttentionFormulaTest {
  private static final int BATCH = 2;
  private static final int HEADS = 4;
  private static final int KEY_HEADS = 2;
  private static final int SIZE = 3;

  static Stream<Arguments> cases() {
    AttentionScores scaled = AttentionScores.scaled(0.6);
    AttentionScores capped = new AttentionScores(1.1, 0.8);
    AttentionPattern causal = AttentionPattern.causal(70);
    int[] holes = new int[2 * 70];
    for (int i = 0; i < holes.length; i++) {
      holes[i] = i % 70 > 3 && i % 5 > i / 70 ? 1 : 0;
    }
    return Stream.of(
        Arguments.of("causal", causal, scaled),
        Arguments.of("causal, capped", causal, capped),
        Arguments.of("tiles", AttentionPattern.causal(129), capped),
        Arguments.of("both directions", AttentionPattern.full(5, 5), scaled),
        Arguments.of("another sequence", AttentionPattern.full(3, 9), capped),
        Arguments.of("after a cache", AttentionPattern.causal(6, 3, 12), scaled),
        Arguments.of("decoding", AttentionPattern.causal(66, 1, 80), capped),
        Arguments.of("window", causal.withWindow(4), capped),
        Arguments.of(
            "window on both sides",
            AttentionPattern.full(129, 129).withWindow(7).withPrefix(2),
            scaled),
        Arguments.of("prefix", causal.withPrefix(3).withWindow(4), scaled),
        Arguments.of("blind queries", causal.withMask(2, holes), capped),
        Arguments.of("a row of padding", causal.withLeftPadding(0, 70), scaled),
        Arguments.of("bias", causal.withBias(Floats.random(9, 1, HEADS, 70, 70)), capped),
        Arguments.of(
            "bias of a padded batch",
            causal.withLeftPadding(2, 30).withBias(Floats.random(9, BATCH, 1, 70, 70)),
            scaled));
  }

  /** The arrays of one call and its gradients. */
  private static final class Call {
    final AttentionPattern pattern;
    final AttentionScores scores;
    final INDArray q;
    final INDArray k;
    final INDArray v;
    final INDArray upper;
    final INDArray context;
    final INDArray dq;
    final INDArray dk;
    final INDArray dv;
    final @Nullable INDArray dBias;

    Call(AttentionPattern pattern, AttentionScores scores) {
      this(pattern, scores, KeptProbabilities.STANDARD);
    }

    Call(AttentionPattern pattern, AttentionScores scores, KeptProbabilities kept) {
      this.pattern = pattern;
      this.scores = scores;
      int t = pattern.queries();
      int s = pattern.keys();
      q = Floats.random(1, BATCH, t, HEADS, SIZE);
      k = Floats.random(2, BATCH, s, KEY_HEADS, SIZE);
      v = Floats.random(3, BATCH, s, KEY_HEADS, SIZE);
      upper = Floats.random(4, q.shape());
      context = Floats.random(5, q.shape());
      dq = Floats.random(5, q.shape());
      dk = Floats.random(6, k.shape());
      dv = Floats.random(7, k.shape());
      INDArray bias = pattern.bias();
      dBias = bias == null ? null : Floats.random(8, bias.shape());
      INDArray p = Floats.random(9, BATCH, HEADS, t, s);
      AttentionKernels kernels = new AttentionKernels(new Nd4jKernels(), kept);
      kernels.forward(q, k, v, pattern, scores, p, context);
      kernels.gradient(q, k, v, pattern, scores, p, context, upper, dq, dk, dv, dBias);
    }
  }

  /** The formulas, query by query. */
  private static final class Expected {
    private final Call call;
    final double[] context;
    final double[] dq;
    final double[] dk;
    final double[] dv;
    final double[] dBias;

    Expected(Call call) {
      this.call = call;
      context = new double[(int) call.q.length()];
      dq = new double[(int) call.q.length()];
      dk = new double[(int) call.k.length()];
      dv = new double[(int) call.v.length()];
      INDArray bias = call.pattern.bias();
      dBias = new double[bias == null ? 0 : (int) bias.length()];
      for (int b = 0; b < BATCH; b++) {
        for (int h = 0; h < HEADS; h++) {
          for (int t = 0; t < call.pattern.queries(); t++) {
            query(b, h, t);
          }
        }
      }
    }

    private static int at(int b, int position, int positions, int head, int heads) {
      return ((b * positions + position) * heads + head) * SIZE;
    }

    private int bias(INDArray bias, int b, int h, int t) {
      long matrix = b % bias.size(0) * bias.size(1) + h % bias.size(1);
      return (int) ((matrix * bias.size(2) + t) * bias.size(3));
    }

    private void query(int b, int h, int t) {
      AttentionPattern pattern = call.pattern;
      int keys = pattern.keys();
      int keyHead = h / (HEADS / KEY_HEADS);
      int query = at(b, t, pattern.queries(), h, HEADS);
      INDArray added = pattern.bias();
      double cap = call.scores.softCap();
      double[] tanh = new double[keys];
      double[] p = new double[keys];
      double[] dp = new double[keys];
      double total = 0;
      for (int s = 0; s < keys; s++) {
        int key = at(b, s, keys, keyHead, KEY_HEADS);
        double z = 0;
        for (int i = 0; i < SIZE; i++) {
          z += call.scores.scale() * call.q.getDouble(query + i) * call.k.getDouble(key + i);
          dp[s] += call.upper.getDouble(query + i) * call.v.getDouble(key + i);
        }
        tanh[s] = cap > 0 ? Math.tanh(z / cap) : 0;
        double score = cap > 0 ? cap * tanh[s] : z;
        score += added == null ? 0 : added.getDouble(bias(added, b, h, t) + s);
        p[s] = pattern.shows(b % pattern.rows(), t, s) ? Math.exp(score) : 0;
        total += p[s];
      }
      boolean blind = total == 0;
      double along = 0;
      for (int s = 0; s < keys; s++) {
        p[s] = blind ? 1.0 / keys : p[s] / total;
        along += p[s] * dp[s];
      }
      for (int s = 0; s < keys; s++) {
        int key = at(b, s, keys, keyHead, KEY_HEADS);
        double ds = blind ? 0 : p[s] * (dp[s] - along);
        double dz = ds * (1 - tanh[s] * tanh[s]) * call.scores.scale();
        if (added != null) {
          dBias[bias(added, b, h, t) + s] += ds;
        }
        for (int i = 0; i < SIZE; i++) {
          context[query + i] += p[s] * call.v.getDouble(key + i);
          dq[query + i] += dz * call.k.getDouble(key + i);
          dk[key + i] += dz * call.q.getDouble(query + i);
          dv[key + i] += p[s] * call.upper.getDouble(query + i);
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void contextAndGradientsFollowTheFormulas(
      String name, AttentionPattern pattern, AttentionScores scores) {
    assertFormulas(new Call(pattern, scores));
    assertFormulas(new Call(pattern, scores, new KeptProbabilities(0)));
  }

  private static void assertFormulas(Call call) {
    Expected expected = new Expected(call);

    Floats.assertElements(call.context, expected.context, 1e-5);
    Floats.assertElements(call.dq, expected.dq, 1e-5);
    Floats.assertElements(call.dk, expected.dk, 3e-5);
    Floats.assertElements(call.dv, expected.dv, 3e-5);
    if (call.dBias != null) {
      Floats.assertElements(call.dBias, expected.dBias, 1e-5);
    }
  }

  @Test
  void nothingFlowsBackFromABlindQuery() {
    Call call =
        new Call(AttentionPattern.causal(3).withLeftPadding(0, 2), AttentionScores.scaled(1));
    INDArray ofBlind =
        call.dq.get(
            NDArrayIndex.point(1),
            NDArrayIndex.interval(0, 2),
            NDArrayIndex.all(),
            NDArrayIndex.all());
    assertThat(ofBlind.amaxNumber().doubleValue()).isZero();
  }

  /** A fused projection leaves q, k and v in one wide row. */
  @Test
  void projectionsMayLieBesideEachOther() {
    AttentionPattern pattern = AttentionPattern.causal(5);
    Call call = new Call(pattern, AttentionScores.scaled(0.5));
    INDArray fused = Floats.zeros(BATCH, 5, (HEADS + 2 * KEY_HEADS) * SIZE);
    INDArray q = part(fused, 0, HEADS).assign(call.q);
    INDArray k = part(fused, HEADS, KEY_HEADS).assign(call.k);
    INDArray v = part(fused, HEADS + KEY_HEADS, KEY_HEADS).assign(call.v);
    INDArray context = Floats.zeros(call.q.shape());

    new AttentionKernels(new Nd4jKernels(), KeptProbabilities.STANDARD)
        .forward(
            q,
            k,
            v,
            pattern,
            AttentionScores.scaled(0.5),
            Floats.zeros(BATCH, HEADS, 5, 5),
            context);

    Floats.assertElements(context, new Expected(call).context, 1e-5);
  }

  private static INDArray part(INDArray fused, int head, int heads) {
    return fused
        .get(
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.interval(head * SIZE, (head + heads) * SIZE))
        .reshape('c', true, BATCH, fused.size(1), heads, SIZE);
  }
}
