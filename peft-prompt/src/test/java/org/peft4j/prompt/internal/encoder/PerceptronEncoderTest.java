package org.peft4j.prompt.internal.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** 3 virtual tokens of width 2 through a perceptron of width 4 to rows of width 5. */
class PerceptronEncoderTest {
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 1);

  private final PerceptronEncoder relu = PerceptronEncoder.relu(3, 2, 4, 5);
  private final PerceptronEncoder tanh = PerceptronEncoder.tanh(3, 2, 4, 5);

  @Test
  void pTuningsHasThreeMapsNamedAsPyTorchNumbersThem() {
    assertThat(Values.shapes(relu.parameters()))
        .containsExactly(
            entry("embedding.weight", List.of(3L, 2L)),
            entry("mlp_head.0.weight", List.of(4L, 2L)),
            entry("mlp_head.0.bias", List.of(4L)),
            entry("mlp_head.2.weight", List.of(4L, 4L)),
            entry("mlp_head.2.bias", List.of(4L)),
            entry("mlp_head.4.weight", List.of(5L, 4L)),
            entry("mlp_head.4.bias", List.of(5L)));
    assertThat(relu.outputs()).isEqualTo(5);
  }

  @Test
  void prefixTuningsHasTwo() {
    assertThat(Values.shapes(tanh.parameters()))
        .containsExactly(
            entry("embedding.weight", List.of(3L, 2L)),
            entry("transform.0.weight", List.of(4L, 2L)),
            entry("transform.0.bias", List.of(4L)),
            entry("transform.2.weight", List.of(5L, 4L)),
            entry("transform.2.bias", List.of(5L)));
  }

  @Test
  void pTuningsTableIsThreeMapsWithReluBetween() {
    Tensors values = Values.random(1, relu.parameters());
    double[][] x = Plain.of(values.get("embedding.weight"));

    INDArray table = relu.encode(PASS, values).table();

    double[][] first = Plain.each(map(values, "mlp_head.0", x), v -> Math.max(0, v));
    double[][] second = Plain.each(map(values, "mlp_head.2", first), v -> Math.max(0, v));
    Plain.assertClose(table, map(values, "mlp_head.4", second));
  }

  @Test
  void prefixTuningsTableIsTwoMapsWithTanhBetween() {
    Tensors values = Values.random(2, tanh.parameters());
    double[][] x = Plain.of(values.get("embedding.weight"));

    INDArray table = tanh.encode(PASS, values).table();

    double[][] hidden = Plain.each(map(values, "transform.0", x), Math::tanh);
    Plain.assertClose(table, map(values, "transform.2", hidden));
  }

  private static double[][] map(Tensors values, String name, double[][] x) {
    return Plain.affine(
        x, Plain.of(values.get(name + ".weight")), values.get(name + ".bias").toDoubleVector());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyGradientIsTheSlopeOfTheTable(boolean withTanh) {
    PerceptronEncoder encoder = withTanh ? tanh : relu;
    Tensors values = Values.random(3, encoder.parameters());
    INDArray upstream = Values.random(4, 3, 5);
    Tensors gradients = Values.room(values);

    encoder.encode(PASS, values).backward(upstream.dup(), gradients);

    CentralDifferences.assertGradients(
        values, gradients, () -> Values.inner(encoder.encode(PASS, values).table(), upstream));
  }

  @Test
  void embeddingsBeginAsStandardNormalAndMapsWithinPyTorchsBound() {
    PerceptronEncoder wide = PerceptronEncoder.relu(100, 64, 16, 8);

    Tensors first = Values.first(5, wide.parameters());

    INDArray embeddings = first.get("embedding.weight");
    assertThat(embeddings.meanNumber().doubleValue()).isBetween(-0.05, 0.05);
    assertThat(embeddings.stdNumber().doubleValue()).isBetween(0.97, 1.03);
    // 1/√in of nn.Linear, for the weight and for the bias.
    assertThat(largest(first, "mlp_head.0.weight")).isBetween(0.9 / 8, 1.0 / 8);
    assertThat(largest(first, "mlp_head.0.bias")).isBetween(0.6 / 8, 1.0 / 8);
    assertThat(largest(first, "mlp_head.2.weight")).isBetween(0.9 / 4, 1.0 / 4);
  }

  private static double largest(Tensors tensors, String name) {
    return tensors.get(name).amaxNumber().doubleValue();
  }
}
