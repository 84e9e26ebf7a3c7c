package org.peft4j.transformers.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.TestModules;

/** Each kind of head: its logits by the formula, and the gradient of its loss as a slope. */
class ReadoutTest {
  private static final int BATCH = 2;
  private static final int TIME = 4;
  private static final int VIRTUAL = 1;
  private static final int WIDTH = 3;
  private static final int OUTPUTS = 2;

  /** The first sequence ends one token earlier; the second is padded on the left. */
  private static final INDArray SHOWN =
      Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 0}, {0, 1, 1, 1, 1}});

  private static final int[] PADDING = {0, 1};

  /**
   * Rows of [batch·positions]: the third position of the first sequence, the second of the other.
   */
  private static final int[] ENDS = {2, 6};

  private final INDArray hidden = Values.random(1, BATCH, VIRTUAL + TIME, WIDTH);

  private static DensePart dense(Activation f, boolean normed) {
    return new DensePart(
        LinearPart.of("head.dense", SiteRole.OTHER, WIDTH, WIDTH, true, 0.02),
        f,
        normed ? Optional.of(NormPart.layer("head.norm", WIDTH, 1e-5)) : Optional.empty());
  }

  private static LinearPart output() {
    return HeadPart.output("classifier", WIDTH, OUTPUTS, true, 0.02);
  }

  private static HeadPart.Output sequence(HeadPart.Position position, ProblemType problem) {
    return new HeadPart.Sequence(
        position, List.of(dense(Activation.TANH, false)), output(), Labels.count(OUTPUTS), problem);
  }

  private static HeadPart.Output tokens() {
    return new HeadPart.Tokens(
        List.of(dense(Activation.GELU, true)), output(), Labels.count(OUTPUTS));
  }

  private static HeadPart.Output span() {
    return new HeadPart.Span(List.of(), output());
  }

  /** Runs a test with the readout of a head, whose body reads no encoder. */
  private void with(HeadPart.Output part, Consumer<Run> test) {
    EmbeddingPart table = EmbeddingPart.of("tokens", SiteRole.TOKEN_EMBEDDING, 3, WIDTH, 0.02);
    StackPart stack =
        new StackPart(InputPart.of(table), List.of(), Optional.empty(), Optional.empty());
    try (TestModules modules = new TestModules(stack, part);
        CallMemory memory = TestModules.memory()) {
      Readout readout = Readout.of(part, modules.modules(), false);
      test.accept(
          new Run(
              readout,
              modules,
              new Reading(TestModules.pass(), hidden, SHOWN, PADDING, VIRTUAL, ENDS, memory)));
    }
  }

  private record Run(Readout readout, TestModules modules, Reading reading) {
    double weight(String key, int... index) {
      return modules.weight(key).getDouble(index);
    }

    /** {@code W·v + b} of a module. */
    double[] linear(String name, double[] v, int outputs) {
      double[] y = new double[outputs];
      for (int o = 0; o < outputs; o++) {
        y[o] = weight(name + ".bias", o);
        for (int i = 0; i < v.length; i++) {
          y[o] += weight(name + ".weight", o, i) * v[i];
        }
      }
      return y;
    }

    void assertSlopes(INDArray labels) {
      INDArray gradient = Values.zeros(reading.hidden().shape()).assign(99);
      Losses losses = readout.backward(reading, labels, null, gradient);
      assertThat(losses.mean())
          .isCloseTo(readout.losses(reading, labels, null).mean(), within(1e-12));
      CentralDifferences.assertGradients(
          new Tensors(Map.of("hidden", reading.hidden())),
          new Tensors(Map.of("hidden", gradient)),
          () -> readout.losses(reading, labels, null).mean());
    }
  }

  private double[] state(int row, int position) {
    return hidden.slice(row).getRow(position).toDoubleVector();
  }

  private static double[] tanh(double[] v) {
    return java.util.Arrays.stream(v).map(Math::tanh).toArray();
  }

  @ParameterizedTest
  @CsvSource({"FIRST, 0, 1", "LAST, 3, 4", "END, 2, 1"})
  void aSequencesLogitsAreThoseOfOnePosition(HeadPart.Position position, int first, int second) {
    with(
        sequence(position, ProblemType.SINGLE_LABEL_CLASSIFICATION),
        run -> {
          double[][] logits = run.readout().logits(run.reading()).toDoubleMatrix();
          for (int row = 0; row < BATCH; row++) {
            double[] dense =
                tanh(run.linear("head.dense", state(row, row == 0 ? first : second), WIDTH));
            assertThat(logits[row])
                .containsExactly(run.linear("classifier", dense, OUTPUTS), within(1e-9));
          }
        });
  }

  @Test
  void theMeanIsThatOfWhatTheMaskShows() {
    with(
        sequence(HeadPart.Position.MEAN, ProblemType.REGRESSION),
        run -> {
          double[] mean = new double[WIDTH];
          for (int i = 0; i < WIDTH; i++) {
            mean[i] = (state(1, 1)[i] + state(1, 2)[i] + state(1, 3)[i] + state(1, 4)[i]) / 4;
          }
          double[] dense = tanh(run.linear("head.dense", mean, WIDTH));
          assertThat(run.readout().logits(run.reading()).toDoubleMatrix()[1])
              .containsExactly(run.linear("classifier", dense, OUTPUTS), within(1e-6));
        });
  }

  @ParameterizedTest
  @EnumSource(HeadPart.Position.class)
  void theGradientOfASequencesLossIsASlope(HeadPart.Position position) {
    INDArray labels = Nd4j.createFromArray(new double[][] {{0, 1}, {0.25, 0.75}});
    for (ProblemType problem : ProblemType.values()) {
      with(sequence(position, problem), run -> run.assertSlopes(labels));
    }
  }

  /** Both labels of two sequences: the mean of four terms. */
  @Test
  void lossesOfSeveralLabelsAndOfNumbersAreThoseOfTheFormula() {
    INDArray labels = Nd4j.createFromArray(new double[][] {{1, 0}, {1, 1}});
    with(
        sequence(HeadPart.Position.FIRST, ProblemType.MULTI_LABEL_CLASSIFICATION),
        run -> {
          double expected = 0;
          double[][] z = run.readout().logits(run.reading()).toDoubleMatrix();
          for (int i = 0; i < 4; i++) {
            double p = 1 / (1 + Math.exp(-z[i / 2][i % 2]));
            expected -= Math.log(labels.getDouble(i / 2, i % 2) == 1 ? p : 1 - p) / 4;
          }
          assertThat(run.readout().losses(run.reading(), labels, null).mean())
              .isCloseTo(expected, within(1e-12));
        });
    with(
        sequence(HeadPart.Position.FIRST, ProblemType.REGRESSION),
        run -> {
          double expected = 0;
          double[][] z = run.readout().logits(run.reading()).toDoubleMatrix();
          for (int i = 0; i < 4; i++) {
            double error = z[i / 2][i % 2] - labels.getDouble(i / 2, i % 2);
            expected += error * error / 4;
          }
          assertThat(run.readout().losses(run.reading(), labels, null).mean())
              .isCloseTo(expected, within(1e-12));
        });
  }

  /**
   * Those of the first sequence follow its virtual token, which follows the padding in the second.
   */
  @Test
  void logitsOfTokensAreThoseOfTheirStates() {
    with(
        span(),
        run -> {
          INDArray logits = run.readout().logits(run.reading());
          int[][] places = {{1, 2, 3, 4}, {0, 2, 3, 4}};
          for (int i = 0; i < BATCH * TIME; i++) {
            double[] own = logits.slice(i / TIME).getRow(i % TIME).toDoubleVector();
            double[] state = state(i / TIME, places[i / TIME][i % TIME]);
            assertThat(own).containsExactly(run.linear("classifier", state, OUTPUTS), within(1e-9));
          }
        });
  }

  /** −100 has no label, nor has padding; virtual tokens have neither logits nor labels. */
  @Test
  void tokensHaveLogitsAndALossEach() {
    INDArray labels = Nd4j.createFromArray(new int[][] {{1, 0, -100, -100}, {1, -100, 0, 1}});
    with(
        tokens(),
        run -> {
          INDArray logits = run.readout().logits(run.reading());
          assertThat(logits.shape()).containsExactly(BATCH, TIME, OUTPUTS);
          double expected = 0;
          for (int[] at : new int[][] {{0, 0, 1}, {0, 1, 0}, {1, 2, 0}, {1, 3, 1}}) {
            double own = logits.getDouble(at[0], at[1], at[2]);
            double other = logits.getDouble(at[0], at[1], 1 - at[2]);
            expected += Math.log1p(Math.exp(other - own)) / 4;
          }
          assertThat(run.readout().losses(run.reading(), labels, null).mean())
              .isCloseTo(expected, within(1e-12));
          run.assertSlopes(labels);
        });
  }

  /**
   * The answer of the second text begins in it and ends behind it: only its begin counts, among the
   * three tokens behind the padding.
   */
  @Test
  void anAnswerHasTheLossOfItsTwoEnds() {
    INDArray labels = Nd4j.createFromArray(new int[][] {{1, 2}, {3, 9}});
    with(
        span(),
        run -> {
          INDArray logits = run.readout().logits(run.reading());
          double begins = (surprise(logits, 0, 1, 0) + surprise(logits, 1, 3, 0)) / 2;
          double ends = surprise(logits, 0, 2, 1);
          assertThat(run.readout().losses(run.reading(), labels, null).mean())
              .isCloseTo((begins + ends) / 2, within(1e-12));
          run.assertSlopes(labels);
        });
  }

  private static double surprise(INDArray logits, int row, int position, int end) {
    double sum = 0;
    for (int t = PADDING[row]; t < TIME; t++) {
      sum += Math.exp(logits.getDouble(row, t, end));
    }
    return Math.log(sum) - logits.getDouble(row, position, end);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1, 2", "-100, -100"})
  void positionsOutsideOfTheTextAreRefused(String ends) {
    String[] parts = ends.split(", ");
    int[] pair = {Integer.parseInt(parts[0]), Integer.parseInt(parts[1])};
    with(
        span(),
        run ->
            assertThatThrownBy(
                    () ->
                        run.readout()
                            .losses(
                                run.reading(),
                                Nd4j.createFromArray(new int[][] {pair, pair}),
                                null))
                .isInstanceOf(PeftException.class)
                .hasMessageContaining(
                    pair[0] == -1 ? "Position -1 is not in a text" : "No sequence of this batch"));
  }

  @Test
  void labelsThatDoNotFitTheProblemAreRefused() {
    with(
        sequence(HeadPart.Position.FIRST, ProblemType.MULTI_LABEL_CLASSIFICATION),
        run -> {
          assertThatThrownBy(() -> run.assertSlopes(Nd4j.createFromArray(new int[] {0, 1})))
              .hasMessageContaining("[2, 2], a number for each output");
          assertThatThrownBy(
                  () -> run.assertSlopes(Nd4j.createFromArray(new double[][] {{0, 2}, {0, 0}})))
              .hasMessageContaining("allowed: 0 to 1 for each label");
        });
  }
}
