package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The portable attention in DOUBLE: against its formula, and its gradients against differences. */
class Nd4jAttentionTest {
  private static final Kernels KEEPS = new Nd4jKernels();
  private static final Kernels COMPUTES_AGAIN = new Nd4jKernels(new KeptProbabilities(0));
  private static final int BATCH = 2;
  private static final int HEADS = 4;
  private static final int KEY_HEADS = 2;
  private static final int WIDTH = 3;
  private static final double STEP = 1e-5;

  /** The most elements of an array that each have central differences of their own. */
  private static final int ALL = 60;

  /** How many elements of a larger array have some of their own, beside all along a direction. */
  private static final int SINGLE = 8;

  static Stream<Arguments> cases() {
    AttentionScores scaled = AttentionScores.scaled(0.6);
    AttentionScores capped = new AttentionScores(1.1, 0.8);
    AttentionPattern causal = AttentionPattern.causal(4);
    int[] holes = {1, 0, 1, 1, 1, 1, 0, 1};
    return Stream.of(
        Arguments.of("causal", causal, scaled),
        Arguments.of("tiles", AttentionPattern.causal(99), capped),
        Arguments.of(
            "tiles with a bias",
            AttentionPattern.causal(97).withLeftPadding(0, 3).withBias(random(1, 1, 97, 97)),
            scaled),
        Arguments.of("tiles in a window", AttentionPattern.full(98, 98).withWindow(9), scaled),
        Arguments.of("soft cap", causal, capped),
        Arguments.of("both directions", AttentionPattern.full(3, 3), capped),
        Arguments.of("another sequence", AttentionPattern.full(2, 5), scaled),
        Arguments.of("cache", AttentionPattern.causal(2, 2, 6), scaled),
        Arguments.of("window", causal.withWindow(2), scaled),
        Arguments.of(
            "window on both sides",
            AttentionPattern.full(4, 4).withMask(2, holes).withWindow(2),
            capped),
        Arguments.of("left padding", causal.withLeftPadding(1, 3), capped),
        Arguments.of("holes", causal.withMask(2, holes), scaled),
        Arguments.of("documents", causal.withMask(2, new int[] {1, 2, 2, 3, 1, 1, 2, 0}), scaled),
        Arguments.of("prefix", causal.withPrefix(2).withLeftPadding(0, 2), scaled),
        Arguments.of("bias for all", causal.withBias(random(1, 1, 4, 4)), scaled),
        Arguments.of("bias of heads", causal.withBias(random(1, HEADS, 4, 4)), capped),
        Arguments.of("bias of rows", causal.withBias(random(BATCH, 1, 4, 4)), capped),
        Arguments.of(
            "bias of each",
            causal.withLeftPadding(0, 2).withBias(random(BATCH, HEADS, 4, 4)),
            scaled));
  }

  private static INDArray random(long... shape) {
    return Nd4j.randn(DataType.DOUBLE, shape).dup('c');
  }

  /** The arrays of a call. */
  private record Call(
      Kernels kernels,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray q,
      INDArray k,
      INDArray v) {
    static Call of(Kernels kernels, AttentionPattern pattern, AttentionScores scores) {
      Nd4j.getRandom().setSeed(3);
      return new Call(
          kernels,
          pattern,
          scores,
          random(BATCH, pattern.queries(), HEADS, WIDTH),
          random(BATCH, pattern.keys(), KEY_HEADS, WIDTH),
          random(BATCH, pattern.keys(), KEY_HEADS, WIDTH));
    }

    INDArray probabilities() {
      return random(kernels.attentionMemory(pattern, DataType.DOUBLE, BATCH, HEADS));
    }

    INDArray context(INDArray probabilities) {
      INDArray context = random(q.shape());
      kernels.attention(q, k, v, pattern, scores, probabilities, context);
      return context;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void followsTheFormula(String name, AttentionPattern pattern, AttentionScores scores) {
    assertFormula(Call.of(KEEPS, pattern, scores));
    assertFormula(Call.of(COMPUTES_AGAIN, pattern, scores));
  }

  private static void assertFormula(Call call) {
    INDArray context = call.context(call.probabilities());
    for (int row = 0; row < BATCH; row++) {
      for (int head = 0; head < HEADS; head++) {
        for (int query = 0; query < call.pattern().queries(); query++) {
          double[] expected = context(call, row, head, query);
          for (int i = 0; i < WIDTH; i++) {
            assertThat(context.getDouble(row, query, head, i))
                .isCloseTo(expected[i], within(1e-12));
          }
        }
      }
    }
  }

  /** {@code Σ softmax(cap(scale·q·k) + bias)·v} over the keys that are shown, or over all. */
  private static double[] context(Call call, int row, int head, int query) {
    AttentionPattern pattern = call.pattern();
    int keyHead = head / (HEADS / KEY_HEADS);
    int patternRow = row % pattern.rows();
    double[] sum = new double[WIDTH];
    double total = 0;
    boolean blind = true;
    for (int key = 0; key < pattern.keys(); key++) {
      blind &= !pattern.shows(patternRow, query, key);
    }
    for (int key = 0; key < pattern.keys(); key++) {
      if (blind || pattern.shows(patternRow, query, key)) {
        double weight = blind ? 1 : Math.exp(score(call, row, head, query, key));
        total += weight;
        for (int i = 0; i < WIDTH; i++) {
          sum[i] += weight * call.v().getDouble(row, key, keyHead, i);
        }
      }
    }
    for (int i = 0; i < WIDTH; i++) {
      sum[i] /= total;
    }
    return sum;
  }

  private static double score(Call call, int row, int head, int query, int key) {
    double product = 0;
    for (int i = 0; i < WIDTH; i++) {
      product +=
          call.q().getDouble(row, query, head, i)
              * call.k().getDouble(row, key, head / (HEADS / KEY_HEADS), i);
    }
    double cap = call.scores().softCap();
    double score = call.scores().scale() * product;
    INDArray bias = call.pattern().bias();
    return (cap > 0 ? cap * Math.tanh(score / cap) : score)
        + (bias == null ? 0 : bias.getDouble(row % bias.size(0), head % bias.size(1), query, key));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void gradientsAreDifferences(String name, AttentionPattern pattern, AttentionScores scores) {
    assertGradients(Call.of(KEEPS, pattern, scores));
    assertGradients(Call.of(COMPUTES_AGAIN, pattern, scores));
  }

  private static void assertGradients(Call call) {
    AttentionPattern pattern = call.pattern();
    INDArray weights = random(call.q().shape());
    INDArray p = call.probabilities();
    INDArray context = call.context(p);
    List<INDArray> inputs = new ArrayList<>(List.of(call.q(), call.k(), call.v()));
    INDArray bias = pattern.bias();
    if (bias != null) {
      inputs.add(bias);
    }
    List<INDArray> gradients = inputs.stream().map(x -> random(x.shape())).toList();
    call.kernels()
        .attentionGradient(
            call.q(),
            call.k(),
            call.v(),
            pattern,
            call.scores(),
            p,
            context,
            weights,
            gradients.get(0),
            gradients.get(1),
            gradients.get(2),
            bias == null ? null : gradients.get(3));
    INDArray scratch = p.dup('c');
    for (int i = 0; i < inputs.size(); i++) {
      INDArray input = inputs.get(i);
      List<INDArray> directions = new ArrayList<>();
      if (input.length() > ALL) {
        INDArray all = random(input.shape());
        directions.add(all.divi(all.norm2Number()));
      }
      long step = input.length() > ALL ? 1 + input.length() / SINGLE : 1;
      for (long j = 0; j < input.length(); j += step) {
        INDArray one = Nd4j.zeros(DataType.DOUBLE, input.shape());
        one.putScalar(j, 1);
        directions.add(one);
      }
      for (INDArray direction : directions) {
        INDArray change = direction.mul(STEP);
        INDArray start = input.dup('c');
        input.addi(change);
        double above = loss(call, scratch, weights);
        input.assign(start).subi(change);
        double below = loss(call, scratch, weights);
        input.assign(start);
        double expected = (above - below) / (2 * STEP);
        assertThat(gradients.get(i).mul(direction).sumNumber().doubleValue())
            .as("gradient of input %d", i)
            .isCloseTo(expected, within(1e-8));
      }
    }
  }

  private static double loss(Call call, INDArray scratch, INDArray weights) {
    return call.context(scratch).muli(weights).sumNumber().doubleValue();
  }
}
