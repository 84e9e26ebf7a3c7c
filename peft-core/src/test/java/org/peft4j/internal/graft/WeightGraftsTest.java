package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.internal.graft.SmallAdapters.graft;

import java.util.List;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.SmallAdapters.Delta;
import org.peft4j.internal.graft.SmallAdapters.Scale;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** {@code W' = l ⊙ W + Σ ΔW}, {@code b' = l ⊙ b}; l scales W's first dimension or its second. */
class WeightGraftsTest {
  private static final int IN = 3;
  private static final int OUT = 2;
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 0);

  private final INDArray b = Values.random(2, 1, OUT);

  private static long[] shape(boolean convolution) {
    return convolution ? new long[] {OUT, IN, 2, 2} : new long[] {OUT, IN};
  }

  private static List<Graft> grafts(boolean convolution) {
    Site site =
        convolution
            ? Site.convolution("map", "map", IN, OUT, List.of(2L, 2L), List.of())
            : Site.linear("map", "map", IN, OUT, List.of());
    return List.of(
        graft("default", new Delta(site, shape(convolution)), 11),
        graft("default", new Scale(site, false), 12),
        graft("default", new Scale(site, true), 13),
        graft("default", new Scale(site, false), 14));
  }

  private static double l(List<Graft> grafts, int graft, long index) {
    return grafts.get(graft).parameters().get("l").getDouble(index);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void scalesMultiplyTheFrozenWeightAndChangesAreAdded(boolean convolution) {
    List<Graft> grafts = grafts(convolution);
    INDArray w = Values.random(1, shape(convolution));
    INDArray weight = w.dup('c');
    INDArray bias = b.dup('c');

    new WeightGrafts(grafts).apply(PASS, weight, bias);

    long each = w.length() / OUT / IN;
    for (long i = 0; i < w.length(); i++) {
      long out = i / (IN * each);
      long in = i / each % IN;
      double scale = l(grafts, 1, out) * l(grafts, 3, out) * l(grafts, 2, in);
      double delta = grafts.get(0).parameters().get("D").getDouble(i);
      assertThat(weight.getDouble(i))
          .as("element %d", i)
          .isEqualTo(scale * w.getDouble(i) + delta, within(1e-12));
    }
    for (int out = 0; out < OUT; out++) {
      assertThat(bias.getDouble(out))
          .isEqualTo(l(grafts, 1, out) * l(grafts, 3, out) * b.getDouble(out), within(1e-12));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyGradientIsTheSlope(boolean convolution) {
    List<Graft> grafts = grafts(convolution);
    INDArray w = Values.random(1, shape(convolution));
    INDArray dw = Values.random(5, shape(convolution));
    INDArray db = Values.random(6, 1, OUT);

    new WeightGrafts(grafts).backward(PASS, w, b, dw, db);

    DoubleSupplier loss =
        () -> {
          INDArray weight = w.dup('c');
          INDArray bias = b.dup('c');
          new WeightGrafts(grafts).apply(PASS, weight, bias);
          return Values.inner(weight, dw) + Values.inner(bias, db);
        };
    for (Graft graft : grafts) {
      CentralDifferences.assertGradients(graft.parameters(), graft.gradients(), loss);
    }
  }

  @Test
  void thereMayBeNoBias() {
    List<Graft> grafts = grafts(false);
    INDArray w = Values.random(1, OUT, IN);
    INDArray dw = Values.random(5, OUT, IN);

    new WeightGrafts(grafts).backward(PASS, w, null, dw, null);

    CentralDifferences.assertGradients(
        grafts.get(1).parameters(),
        grafts.get(1).gradients(),
        () -> {
          INDArray weight = w.dup('c');
          new WeightGrafts(grafts).apply(PASS, weight, null);
          return Values.inner(weight, dw);
        });
  }

  @Test
  void onlyScalesOfTheOutputScaleTheBias() {
    List<Graft> grafts = grafts(false);
    assertThat(new WeightGrafts(grafts).scaleBias()).isTrue();
    assertThat(new WeightGrafts(grafts.subList(2, 3)).scaleBias()).isFalse();
    assertThat(new WeightGrafts(grafts.subList(0, 1)).scaleBias()).isFalse();
  }

  @Test
  void onlyGraftsThatActChangeAWeight() {
    SharedState shared = SharedState.of(1);
    List<Graft> grafts = grafts(false);
    shared.activity().disable(1);
    INDArray w = Values.random(1, OUT, IN);
    INDArray weight = w.dup('c');

    Site site = grafts.get(0).adapter().site();
    new WeightGrafts(new SiteGrafts(site, grafts, shared)).apply(PASS, weight, null);

    assertThat(weight).isEqualTo(w);
  }
}
