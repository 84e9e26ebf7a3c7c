package org.peft4j.bottleneck.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.bottleneck.ConnectionStart;
import org.peft4j.bottleneck.Connections;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.bottleneck.Scaling;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** A whole adapter, in each of its connections, after a sub-layer of width 3. */
class AdapterConnectionsTest {
  private static final Site PLACE = Site.place("mlp", "mlp", SiteKind.SUBLAYER, 3, 3);

  /** Every combination that a config allows. */
  static Stream<Connections> all() {
    List<Connections> all = new ArrayList<>();
    boolean[] both = {false, true};
    for (boolean before : both) {
      for (boolean after : both) {
        for (boolean norm : both) {
          for (ConnectionStart start : ConnectionStart.values()) {
            for (boolean inside : both) {
              for (boolean parallel : both) {
                all.add(new Connections(before, after, norm, norm, start, inside, parallel));
              }
            }
          }
        }
      }
    }
    return all.stream().filter(AdapterConnectionsTest::allowed);
  }

  private static boolean allowed(Connections connections) {
    try {
      BottleneckConfig.pfeiffer().connections(connections).build();
      return true;
    } catch (PeftException e) {
      return false;
    }
  }

  private static BottleneckAdapter adapter(Connections connections) {
    Bottleneck bottleneck =
        new Bottleneck(
            PLACE,
            2,
            connections.lnBefore() ? Optional.of(new AdapterNorm("before", 3)) : Optional.empty(),
            new DenseProjection("down", 3, 2, Initializer.normal(1)),
            NonLinearity.SIGMOID,
            new DenseProjection("up", 2, 3, Initializer.normal(1)),
            Scaling.of(2),
            0);
    return new BottleneckAdapter(
        PLACE,
        "adapter",
        connections,
        bottleneck,
        connections.lnAfter() ? Optional.of(new AdapterNorm("after", 3)) : Optional.empty(),
        Optional.empty());
  }

  private static Pass pass() {
    return new Pass(new Nd4jKernels(), true, 1).on(new DetachedTape(DataType.DOUBLE));
  }

  /** The formula of {@link Connections}, with y the sub-layer's output and x what came in. */
  private static double[][] expected(Connections c, Tensors values, double[][] y, double[][] x) {
    double[][] sum = Plain.sum(y, x);
    double[][] seen = c.parallel() ? x : c.originalLnBefore() ? sum : y;
    double[][] start =
        switch (c.residualBeforeLn()) {
          case OUTPUT -> y;
          case POST_ADD -> sum;
          case SEEN -> seen;
        };
    double[][] z = z(c, values, seen);
    double[][] result;
    if (!c.lnAfter()) {
      result = Plain.sum(z, start);
    } else if (c.adapterResidualBeforeLn()) {
      result = normed(values, "after", Plain.sum(z, start));
    } else {
      result = Plain.sum(normed(values, "after", z), start);
    }
    return c.originalLnAfter() ? result : Plain.each(result, x, (a, b) -> a - b);
  }

  private static double[][] z(Connections c, Tensors values, double[][] seen) {
    double[][] in = c.lnBefore() ? normed(values, "before", seen) : seen;
    double[][] hidden =
        Plain.each(
            Plain.affine(
                in, Plain.of(values.get("down.weight")), values.get("down.bias").toDoubleVector()),
            v -> 1 / (1 + Math.exp(-v)));
    double[][] up =
        Plain.affine(
            hidden, Plain.of(values.get("up.weight")), values.get("up.bias").toDoubleVector());
    return Plain.each(up, v -> 2 * v);
  }

  private static double[][] normed(Tensors values, String name, double[][] x) {
    return AdapterNormTest.expected(
        x,
        values.get(name + ".weight").toDoubleVector(),
        values.get(name + ".bias").toDoubleVector());
  }

  private static INDArray output(
      BottleneckAdapter adapter, Tensors values, @Nullable INDArray x, INDArray y) {
    INDArray changed = y.dup();
    adapter.forward(new Pass(new Nd4jKernels(), true, 1), values, x, changed);
    return changed;
  }

  @ParameterizedTest
  @MethodSource("all")
  void theOutputIsTheFormula(Connections connections) {
    BottleneckAdapter adapter = adapter(connections);
    Tensors values = Values.random(1, adapter.parameters());
    INDArray y = Values.random(2, 4, 3);
    INDArray x = Values.random(3, 4, 3);

    Plain.assertClose(
        output(adapter, values, x, y), expected(connections, values, Plain.of(y), Plain.of(x)));
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyGradientIsTheSlopeThoseOfOutputAndResidualToo(Connections connections) {
    BottleneckAdapter adapter = adapter(connections);
    Tensors values = Values.random(4, adapter.parameters());
    INDArray y = Values.random(5, 2, 3);
    INDArray x = Values.random(6, 2, 3);
    INDArray upstream = Values.random(7, 2, 3);
    Map<String, INDArray> all = new LinkedHashMap<>(values.asMap());
    all.put("y", y);
    all.put("x", x);
    Tensors gradients = Values.room(new Tensors(all));
    gradients.get("y").assign(upstream);
    gradients.get("x").assign(0);

    Pass pass = pass();
    adapter.forward(pass, values, x, y.dup());
    adapter.backward(pass, values, x, gradients.get("y"), gradients, gradients.get("x"));

    CentralDifferences.assertGradients(
        new Tensors(all), gradients, () -> Values.inner(output(adapter, values, x, y), upstream));
  }

  @Test
  void whereNothingGoesPastTheLayerTheOutputAloneIsSeen() {
    Connections houlsby = Connections.HOULSBY;
    for (Connections connections : List.of(houlsby, Connections.PFEIFFER)) {
      BottleneckAdapter adapter = adapter(connections);
      Tensors values = Values.random(8, adapter.parameters());
      INDArray y = Values.random(9, 4, 3);

      INDArray actual = output(adapter, values, null, y);

      double[][] z = z(houlsby, values, Plain.of(y));
      Plain.assertClose(actual, Plain.sum(z, Plain.of(y)));
    }
  }

  @Test
  void aParallelAdapterNeedsSomethingThatGoesPast() {
    BottleneckAdapter adapter = adapter(Connections.PARALLEL);
    Tensors values = Values.random(10, adapter.parameters());

    assertThatThrownBy(() -> output(adapter, values, null, Values.random(11, 4, 3)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Nothing goes past mlp.");
  }

  @Test
  void aPassWithoutABackwardPassRecordsNothing() {
    BottleneckAdapter adapter = adapter(Connections.HOULSBY);
    Tensors values = Values.random(12, adapter.parameters());
    INDArray y = Values.random(13, 2, 3);
    Pass unrecorded = new Pass(new Nd4jKernels(), false, 1);

    adapter.forward(unrecorded, values, null, y);

    assertThat(unrecorded.tape().recording()).isFalse();
    assertThatThrownBy(
            () -> adapter.backward(unrecorded, values, null, y, Values.room(values), null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("was not recorded");
  }
}
