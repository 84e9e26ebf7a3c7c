package org.peft4j.bottleneck.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.bottleneck.Scaling;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** {@code z(x) = dropout(s·up(f(down(N(x)))))} of width 4 through a bottleneck of 2. */
class BottleneckTest {
  private static final Site PLACE = Site.place("mlp", "mlp", SiteKind.SUBLAYER, 4, 4);

  /** A bottleneck, with what it is called in the names of tests. */
  private record Variant(String name, Bottleneck bottleneck) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Bottleneck bottleneck(boolean norm, Scaling scaling, double dropout) {
    return new Bottleneck(
        PLACE,
        2,
        norm ? Optional.of(new AdapterNorm("norm", 4)) : Optional.empty(),
        new DenseProjection("down", 4, 2, Initializer.normal(1)),
        NonLinearity.TANH,
        new DenseProjection("up", 2, 4, Initializer.normal(1)),
        scaling,
        dropout);
  }

  static Stream<Variant> variants() {
    return Stream.of(
        new Variant("plain", bottleneck(false, Scaling.of(1), 0)),
        new Variant("scaled", bottleneck(false, Scaling.of(-3), 0)),
        new Variant("normed", bottleneck(true, Scaling.of(1), 0)),
        new Variant("learned", bottleneck(false, Scaling.LEARNED, 0)),
        new Variant("channel", bottleneck(true, Scaling.CHANNEL, 0)));
  }

  static Stream<Variant> withDropout() {
    return Stream.concat(
        variants(),
        Stream.of(
            new Variant("dropping", bottleneck(false, Scaling.of(2), 0.4)),
            new Variant("dropping and learned", bottleneck(false, Scaling.LEARNED, 0.4)),
            new Variant("dropping, normed, channel", bottleneck(true, Scaling.CHANNEL, 0.4))));
  }

  private static Pass pass(boolean training) {
    return new Pass(new Nd4jKernels(), training, 3);
  }

  private static INDArray z(Bottleneck bottleneck, Tensors values, INDArray x, boolean training) {
    INDArray y = Values.zeros(x.shape());
    bottleneck.addTo(pass(training), values, x, y);
    return y;
  }

  /** The formula, without dropout. */
  private static double[][] expected(Bottleneck bottleneck, Tensors values, INDArray input) {
    double[][] x = Plain.of(input);
    if (bottleneck.norm().isPresent()) {
      x = AdapterNormTest.expected(x, vector(values, "norm.weight"), vector(values, "norm.bias"));
    }
    double[][] hidden =
        Plain.each(
            Plain.affine(x, Plain.of(values.get("down.weight")), vector(values, "down.bias")),
            Math::tanh);
    double[][] up =
        Plain.affine(hidden, Plain.of(values.get("up.weight")), vector(values, "up.bias"));
    for (double[] row : up) {
      for (int j = 0; j < row.length; j++) {
        row[j] *=
            switch (bottleneck.scaling().kind()) {
              case NUMBER -> bottleneck.scaling().factor();
              case LEARNED -> vector(values, "scaling")[0];
              case CHANNEL -> vector(values, "scaling")[j];
            };
      }
    }
    return up;
  }

  private static double[] vector(Tensors values, String name) {
    return values.get(name).toDoubleVector();
  }

  @ParameterizedTest
  @MethodSource("withDropout")
  void withoutTrainingItIsTheFormula(Variant variant) {
    Tensors values = Values.random(1, variant.bottleneck().parameters());
    INDArray x = Values.random(2, 3, 4);

    INDArray z = z(variant.bottleneck(), values, x, false);

    Plain.assertClose(z, expected(variant.bottleneck(), values, x));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void itIsAddedToWhatIsThereWhichMayBeItsInput(Variant variant) {
    Tensors values = Values.random(3, variant.bottleneck().parameters());
    INDArray x = Values.random(4, 3, 4);
    double[][] before = Plain.of(x);
    double[][] z = expected(variant.bottleneck(), values, x);

    variant.bottleneck().addTo(pass(true), values, x, x);

    Plain.assertClose(x, Plain.sum(before, z));
  }

  @Test
  void dropoutZeroesElementsAndEnlargesTheOthers() {
    Bottleneck bottleneck = bottleneck(false, Scaling.of(2), 0.25);
    Tensors values = Values.random(5, bottleneck.parameters());
    INDArray x = Values.random(6, 200, 4);

    INDArray z = z(bottleneck, values, x, true);

    double[][] whole = expected(bottleneck, values, x);
    int dropped = 0;
    for (int i = 0; i < 200; i++) {
      for (int j = 0; j < 4; j++) {
        if (z.getDouble(i, j) == 0) {
          dropped++;
        } else {
          assertThat(z.getDouble(i, j) / whole[i][j]).isBetween(4.0 / 3 - 1e-9, 4.0 / 3 + 1e-9);
        }
      }
    }
    // 800 elements, of which a quarter is 200 ± 37 at three standard deviations.
    assertThat(dropped).isBetween(150, 250);
  }

  @ParameterizedTest
  @MethodSource("withDropout")
  void everyGradientIsTheSlope(Variant variant) {
    Bottleneck bottleneck = variant.bottleneck();
    Tensors values = Values.random(7, bottleneck.parameters());
    INDArray x = Values.random(8, 3, 4);
    INDArray upstream = Values.random(9, 3, 4);
    Map<String, INDArray> all = new LinkedHashMap<>(values.asMap());
    all.put("x", x);
    Tensors gradients = Values.room(new Tensors(all));
    gradients.get("x").assign(0);

    bottleneck.backward(pass(true), values, x, upstream, gradients, gradients.get("x"));

    CentralDifferences.assertGradients(
        new Tensors(all), gradients, () -> Values.inner(z(bottleneck, values, x, true), upstream));
  }

  @ParameterizedTest
  @MethodSource("withDropout")
  void theInputsGradientIsAddedToThatOfZItselfOrToNothing(Variant variant) {
    Bottleneck bottleneck = variant.bottleneck();
    Tensors values = Values.random(10, bottleneck.parameters());
    INDArray x = Values.random(11, 3, 4);
    INDArray upstream = Values.random(12, 3, 4);
    INDArray dx = Values.zeros(3, 4);
    Tensors gradients = Values.room(values);
    bottleneck.backward(pass(true), values, x, upstream, gradients, dx);
    Tensors first = gradients.detachedCopy();

    INDArray both = upstream.dup();
    bottleneck.backward(pass(true), values, x, both, gradients, both);
    Plain.assertClose(both, Plain.sum(Plain.of(upstream), Plain.of(dx)));
    bottleneck.backward(pass(true), values, x, upstream, gradients, null);

    assertThat(gradients.asMap()).isEqualTo(first.asMap());
  }

  @Test
  void aTrainedScalingIsAParameterThatBeginsAsOne() {
    Tensors learned = Values.first(1, bottleneck(false, Scaling.LEARNED, 0).parameters());
    Tensors channel = Values.first(1, bottleneck(false, Scaling.CHANNEL, 0).parameters());

    assertThat(vector(learned, "scaling")).containsExactly(1);
    assertThat(vector(channel, "scaling")).containsExactly(1, 1, 1, 1);
    assertThat(Values.shapes(bottleneck(false, Scaling.of(2), 0).parameters()))
        .isEqualTo(
            Map.of(
                "down.weight", List.of(2L, 4L),
                "down.bias", List.of(2L),
                "up.weight", List.of(4L, 2L),
                "up.bias", List.of(4L)));
  }
}
