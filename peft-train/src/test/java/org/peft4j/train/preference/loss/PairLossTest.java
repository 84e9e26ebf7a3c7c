package org.peft4j.train.preference.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

/** Losses of preferences as functions: slopes, and values that a formula gives in another way. */
class PairLossTest {
  private static final double STEP = 1e-6;

  static Stream<PairLoss> all() {
    return Stream.concat(
        Stream.of(
            new SigmoidLoss(0.3),
            new SigmoidLoss(0.3, 0.2, false),
            new SigmoidLoss(2, 0.1, true),
            new HingeLoss(0.3),
            new IpoLoss(0.4),
            new RobustLoss(0.3, 0.3),
            new ExoLoss(0.3, 0.02),
            new DiscoPopLoss(0.3, 0.4),
            new OrpoLoss(0.6),
            new CpoLoss(CpoLoss.Kind.SIGMOID, 0.3, 0.1, 1, 0, 0),
            new CpoLoss(CpoLoss.Kind.HINGE, 0.3, 0, 1, 0, 0.3),
            new CpoLoss(CpoLoss.Kind.IPO, 0.3, 0, 1, 0, 0.2),
            new CpoLoss(CpoLoss.Kind.SIMPO, 2, 0.05, 1, 0.7, -0.4),
            new WeightedLosses(List.of(new SigmoidLoss(0.2), new IpoLoss(0.7)), List.of(0.3, 2.0))),
        Stream.of(RatioLoss.Kind.values()).map(kind -> new RatioLoss(kind, 0.3)));
  }

  @ParameterizedTest
  @MethodSource("all")
  void slopesAreThoseOfTheLoss(PairLoss loss) {
    Random random = new Random(5);
    for (int i = 0; i < 200; i++) {
      // Means stay small, so that the exponentials of AlphaPO and the odds of ORPO stay finite.
      double scale = loss.ofMeans() ? 2 : 15;
      double c = -0.05 - scale * random.nextDouble();
      double r = -0.05 - scale * random.nextDouble();
      Answer chosen = new Answer(c, -scale * random.nextDouble(), 1 + random.nextInt(9));
      Answer rejected = new Answer(r, -scale * random.nextDouble(), 1 + random.nextInt(9));
      PairLoss.Result result = loss.of(chosen, rejected);
      requireSlope(result.chosenSlope(), c, x -> loss.of(at(chosen, x), rejected).loss());
      requireSlope(result.rejectedSlope(), r, x -> loss.of(chosen, at(rejected, x)).loss());
    }
  }

  private static Answer at(Answer answer, double logProbability) {
    return new Answer(logProbability, answer.reference(), answer.tokens());
  }

  private static void requireSlope(double slope, double x, DoubleUnaryOperator function) {
    double difference =
        (function.applyAsDouble(x + STEP) - function.applyAsDouble(x - STEP)) / (2 * STEP);
    assertThat(slope).isCloseTo(difference, within(1e-6 * Math.max(1, Math.abs(difference))));
  }

  @ParameterizedTest
  @EnumSource(KtoLoss.Kind.class)
  void slopesOfRatedAnswersAreThoseOfTheLoss(KtoLoss.Kind kind) {
    KtoLoss loss = new KtoLoss(kind, 0.4, 0.7, 1.6);
    Random random = new Random(6);
    for (int i = 0; i < 100; i++) {
      boolean good = i % 2 == 0;
      double x = -15 * random.nextDouble();
      Answer answer = new Answer(x, -15 * random.nextDouble(), 4);
      double kl = random.nextDouble();
      requireSlope(
          loss.of(answer, good, kl).slope(), x, z -> loss.of(at(answer, z), good, kl).loss());
    }
  }

  /** Mitchell's note on conservative DPO: the expected loss if labels are flipped. */
  @Test
  void aSmoothedLabelIsTheMixtureOfBothOrders() {
    Answer chosen = new Answer(-7.5, -8.25, 3);
    Answer rejected = new Answer(-4.25, -3, 5);
    SigmoidLoss plain = new SigmoidLoss(0.7);
    PairLoss.Result right = plain.of(chosen, rejected);
    PairLoss.Result wrong = plain.of(rejected, chosen);
    PairLoss.Result smoothed = new SigmoidLoss(0.7, 0.2, false).of(chosen, rejected);

    double h = 0.75 - -1.25;
    assertThat(right.loss()).isCloseTo(Math.log1p(Math.exp(-0.7 * h)), within(1e-12));
    assertThat(smoothed.loss()).isCloseTo(0.8 * right.loss() + 0.2 * wrong.loss(), within(1e-12));
    assertThat(smoothed.chosenSlope())
        .isCloseTo(0.8 * right.chosenSlope() + 0.2 * wrong.rejectedSlope(), within(1e-12));
  }

  /** If a share of the labels is flipped, the expectation of the robust loss is the clean loss. */
  @Test
  void theRobustLossIsUnbiased() {
    Answer chosen = new Answer(-7.5, -8.25, 3);
    Answer rejected = new Answer(-4.25, -3, 5);
    RobustLoss robust = new RobustLoss(0.7, 0.3);

    double expected =
        0.7 * robust.of(chosen, rejected).loss() + 0.3 * robust.of(rejected, chosen).loss();

    assertThat(expected).isCloseTo(new SigmoidLoss(0.7).of(chosen, rejected).loss(), within(1e-12));
  }

  @Test
  void farApartAnswersStayFinite() {
    Answer certain = new Answer(-1, -3000, 3);
    Answer hopeless = new Answer(-3000, -1, 3);
    for (PairLoss loss : all().filter(l -> !l.ofMeans()).toList()) {
      if (loss instanceof DiscoPopLoss || loss instanceof CpoLoss cpo && cpo.alpha() != 0) {
        continue; // exponentials in the formulas
      }
      PairLoss.Result result = loss.of(hopeless, certain);
      assertThat(result.loss()).as(loss.toString()).isFinite();
      assertThat(result.chosenSlope()).as(loss.toString()).isFinite();
    }
  }

  @Test
  void impossibleNumbersAreRefused() {
    assertThatThrownBy(() -> new SigmoidLoss(0))
        .isInstanceOf(PeftException.class)
        .hasMessage("beta is 0.0; allowed: above 0, finite.");
    assertThatThrownBy(() -> new RobustLoss(0.1, 0.5))
        .hasMessage("labelSmoothing is 0.5; allowed: 0 or more, below 0.5.");
    assertThatThrownBy(() -> new ExoLoss(0.1, 0)).hasMessageContaining("EXO needs a value above 0");
    assertThatThrownBy(() -> new CpoLoss(CpoLoss.Kind.HINGE, 0.1, 0.1, 1, 0, 0))
        .hasMessageContaining("the loss HINGE has none");
    assertThatThrownBy(() -> new CpoLoss(CpoLoss.Kind.IPO, 0.1, 0, 1, 0.5, 0))
        .hasMessageContaining("only SIMPO has");
    assertThatThrownBy(() -> new WeightedLosses(List.of(new HingeLoss(1)), List.of()))
        .hasMessage("There are 1 losses and 0 weights; give one weight for each loss.");
    assertThatThrownBy(
            () -> new WeightedLosses(List.of(new HingeLoss(1), new OrpoLoss(1)), List.of(1.0, 1.0)))
        .hasMessageContaining("cannot be put together");
    assertThatThrownBy(() -> new KtoLoss(KtoLoss.Kind.KTO, 1, -1, 1))
        .hasMessage("desirableWeight is -1.0; allowed: 0 and above, finite.");
  }
}
