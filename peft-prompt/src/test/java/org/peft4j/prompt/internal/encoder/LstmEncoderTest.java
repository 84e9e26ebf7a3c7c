package org.peft4j.prompt.internal.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** 4 virtual tokens of width 3 through an LSTM of 2 in each direction. */
class LstmEncoderTest {
  private static final int TOKENS = 4;
  private static final int WIDTH = 3;
  private static final int HIDDEN = 2;

  private static LstmEncoder encoder(int layers, double dropout) {
    return new LstmEncoder(TOKENS, WIDTH, HIDDEN, layers, dropout);
  }

  private static Pass pass(boolean training, long seed) {
    return new Pass(new Nd4jKernels(), training, seed);
  }

  private static INDArray table(LstmEncoder encoder, Tensors values, boolean training, long seed) {
    return encoder.encode(pass(training, seed), values).table();
  }

  @Test
  void itsParametersAreNamedAsPyTorchsLstmAndHead() {
    assertThat(Values.shapes(encoder(2, 0).parameters()))
        .containsExactly(
            entry("embedding.weight", List.of(4L, 3L)),
            entry("lstm_head.weight_ih_l0", List.of(8L, 3L)),
            entry("lstm_head.weight_hh_l0", List.of(8L, 2L)),
            entry("lstm_head.bias_ih_l0", List.of(8L)),
            entry("lstm_head.bias_hh_l0", List.of(8L)),
            entry("lstm_head.weight_ih_l0_reverse", List.of(8L, 3L)),
            entry("lstm_head.weight_hh_l0_reverse", List.of(8L, 2L)),
            entry("lstm_head.bias_ih_l0_reverse", List.of(8L)),
            entry("lstm_head.bias_hh_l0_reverse", List.of(8L)),
            // The second layer reads both directions of the first.
            entry("lstm_head.weight_ih_l1", List.of(8L, 4L)),
            entry("lstm_head.weight_hh_l1", List.of(8L, 2L)),
            entry("lstm_head.bias_ih_l1", List.of(8L)),
            entry("lstm_head.bias_hh_l1", List.of(8L)),
            entry("lstm_head.weight_ih_l1_reverse", List.of(8L, 4L)),
            entry("lstm_head.weight_hh_l1_reverse", List.of(8L, 2L)),
            entry("lstm_head.bias_ih_l1_reverse", List.of(8L)),
            entry("lstm_head.bias_hh_l1_reverse", List.of(8L)),
            entry("mlp_head.0.weight", List.of(4L, 4L)),
            entry("mlp_head.0.bias", List.of(4L)),
            entry("mlp_head.2.weight", List.of(3L, 4L)),
            entry("mlp_head.2.bias", List.of(3L)));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3"})
  void theTableIsTheLstmsEquationsAndThenTwoMaps(int layers) {
    LstmEncoder encoder = encoder(layers, 0);
    Tensors values = Values.random(1, encoder.parameters());

    double[][] x = Plain.of(values.get("embedding.weight"));
    for (int layer = 0; layer < layers; layer++) {
      double[][] forward = lstm(values, "l" + layer, x, false);
      double[][] backward = lstm(values, "l" + layer + "_reverse", x, true);
      double[][] both = new double[TOKENS][];
      for (int t = 0; t < TOKENS; t++) {
        both[t] = new double[] {forward[t][0], forward[t][1], backward[t][0], backward[t][1]};
      }
      x = both;
    }
    double[][] hidden = Plain.each(map(values, "mlp_head.0", x), v -> Math.max(0, v));
    Plain.assertClose(table(encoder, values, true, 1), map(values, "mlp_head.2", hidden));
  }

  /** PyTorch's nn.LSTM, one direction: its gates are in the order i, f, g, o. */
  private static double[][] lstm(Tensors values, String suffix, double[][] x, boolean reverse) {
    double[][] wIn = Plain.of(values.get("lstm_head.weight_ih_" + suffix));
    double[][] wHidden = Plain.of(values.get("lstm_head.weight_hh_" + suffix));
    double[] bIn = values.get("lstm_head.bias_ih_" + suffix).toDoubleVector();
    double[] bHidden = values.get("lstm_head.bias_hh_" + suffix).toDoubleVector();
    double[][] out = new double[TOKENS][];
    double[] h = new double[HIDDEN];
    double[] cell = new double[HIDDEN];
    for (int step = 0; step < TOKENS; step++) {
      int t = reverse ? TOKENS - 1 - step : step;
      double[] z = new double[4 * HIDDEN];
      for (int g = 0; g < z.length; g++) {
        z[g] = bIn[g] + bHidden[g] + dot(wIn[g], x[t]) + dot(wHidden[g], h);
      }
      double[] newH = new double[HIDDEN];
      double[] newCell = new double[HIDDEN];
      for (int j = 0; j < HIDDEN; j++) {
        newCell[j] =
            sigmoid(z[HIDDEN + j]) * cell[j] + sigmoid(z[j]) * Math.tanh(z[2 * HIDDEN + j]);
        newH[j] = sigmoid(z[3 * HIDDEN + j]) * Math.tanh(newCell[j]);
      }
      h = newH;
      cell = newCell;
      out[t] = newH;
    }
    return out;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double[][] map(Tensors values, String name, double[][] x) {
    return Plain.affine(
        x, Plain.of(values.get(name + ".weight")), values.get(name + ".bias").toDoubleVector());
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 0.5"})
  void everyGradientIsTheSlopeOfTheTable(int layers, double dropout) {
    LstmEncoder encoder = encoder(layers, dropout);
    Tensors values = Values.random(2, encoder.parameters());
    INDArray upstream = Values.random(3, TOKENS, WIDTH);
    Tensors gradients = Values.room(values);

    encoder.encode(pass(true, 7), values).backward(upstream.dup(), gradients);

    CentralDifferences.assertGradients(
        values, gradients, () -> Values.inner(table(encoder, values, true, 7), upstream));
  }

  @Test
  void dropoutIsBetweenLayersOnly() {
    LstmEncoder one = encoder(1, 0.9);
    LstmEncoder two = encoder(2, 0.9);
    Tensors valuesOfOne = Values.random(4, one.parameters());
    Tensors valuesOfTwo = Values.random(4, two.parameters());

    // A single layer has nothing after it, so that nothing is dropped.
    assertThat(table(one, valuesOfOne, true, 1))
        .isEqualTo(table(encoder(1, 0), valuesOfOne, true, 1));
    assertThat(table(two, valuesOfTwo, true, 1))
        .isNotEqualTo(table(encoder(2, 0), valuesOfTwo, true, 1));
  }

  @Test
  void dropoutIsForTrainingAndFollowsFromThePassSeed() {
    LstmEncoder encoder = encoder(2, 0.5);
    Tensors values = Values.random(5, encoder.parameters());

    assertThat(table(encoder, values, false, 1)).isEqualTo(table(encoder(2, 0), values, false, 1));
    assertThat(table(encoder, values, true, 1)).isEqualTo(table(encoder, values, true, 1));
    assertThat(table(encoder, values, true, 1)).isNotEqualTo(table(encoder, values, true, 2));
  }

  @Test
  void weightsBeginWithinPyTorchsBound() {
    // 1/√hidden, for all of an LSTM's parameters.
    Tensors first = Values.first(6, new LstmEncoder(4, 8, 16, 1, 0).parameters());

    for (String name : List.of("weight_ih_l0", "weight_hh_l0_reverse", "bias_ih_l0")) {
      double largest = first.get("lstm_head." + name).amaxNumber().doubleValue();
      assertThat(largest).as(name).isBetween(0.9 / 4, 1.0 / 4);
    }
  }
}
