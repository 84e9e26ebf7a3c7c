package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.internal.graft.SmallAdapters.graft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PassState;
import org.peft4j.adapter.Tape;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.SmallAdapters.Delta;
import org.peft4j.internal.graft.SmallAdapters.Gain;
import org.peft4j.internal.graft.SmallAdapters.Part;
import org.peft4j.internal.graft.SmallAdapters.Scale;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;
import org.peft4j.weight.DenseWeight;

/**
 * {@code y = l ⊙ (W·(k ⊙ x) + b) + Σ gain ⊙ W·(k ⊙ x) + Σ part(x)}, as a module of a frozen W and b
 * calls it.
 */
class LinearGraftsTest {
  private static final int IN = 3;
  private static final int OUT = 2;
  private static final Site SITE = Site.linear("map", "map", IN, OUT, List.of());

  private final SharedState shared = SharedState.of(1);
  private final INDArray w = Values.random(1, OUT, IN);
  private final INDArray b = Values.random(2, OUT);
  private final INDArray x = Values.random(3, 6, IN);
  private final INDArray dy = Values.random(4, 6, OUT);

  private static List<Graft> everySort() {
    List<Graft> grafts = new ArrayList<>();
    for (Adapter adapter :
        List.of(
            new Part(SITE),
            new Scale(SITE, true),
            new Scale(SITE, true),
            new Gain(SITE),
            new Scale(SITE, false),
            new Gain(SITE),
            new Delta(SITE, OUT, IN),
            new Scale(SITE, false))) {
      grafts.add(graft("default", adapter, 10L * (1 + grafts.size())));
    }
    return grafts;
  }

  private LinearModule module(List<Graft> grafts) {
    return new LinearModule(
        new SiteGrafts(SITE, grafts, shared), DenseWeight.of(w), DenseWeight.of(b));
  }

  private INDArray output(List<Graft> grafts, Pass pass) {
    INDArray y = Values.zeros(x.size(0), OUT);
    module(grafts).forward(pass, x, y);
    return y;
  }

  private static Pass pass(Tape tape) {
    return new Pass(new Nd4jKernels(), true, 5, tape, new PassState());
  }

  @Test
  void everySortOfAdapterHasItsPlaceInTheFormula() {
    List<Graft> grafts = everySort();

    double[][] expected = new double[(int) x.size(0)][OUT];
    for (int row = 0; row < expected.length; row++) {
      for (int out = 0; out < OUT; out++) {
        double product = 0;
        double parts = 0;
        for (int in = 0; in < IN; in++) {
          double k = at(grafts, 1, "l", in) * at(grafts, 2, "l", in);
          product += w.getDouble(out, in) * k * x.getDouble(row, in);
          parts +=
              (matrix(grafts, 0, "C", out, in) + matrix(grafts, 6, "D", out, in))
                  * x.getDouble(row, in);
        }
        double l = at(grafts, 4, "l", out) * at(grafts, 7, "l", out);
        double gain = at(grafts, 3, "g", out) + at(grafts, 5, "g", out);
        expected[row][out] = l * (product + b.getDouble(out)) + gain * product + parts;
      }
    }
    Plain.assertClose(output(grafts, pass(Tape.NONE)), expected);
  }

  private static double at(List<Graft> grafts, int graft, String name, int index) {
    return grafts.get(graft).parameters().get(name).getDouble(index);
  }

  private static double matrix(List<Graft> grafts, int graft, String name, int row, int column) {
    return grafts.get(graft).parameters().get(name).getDouble(row, column);
  }

  @Test
  void everyGradientIsTheSlope() {
    List<Graft> grafts = everySort();
    assertSlopes(grafts);
  }

  @Test
  void aPartWithDropoutDrawsTheSameMaskInTheBackwardPass() {
    List<Graft> grafts = List.of(graft("default", new Part(SITE, 0.5), 3));
    assertSlopes(grafts);

    Pass other = new Pass(new Nd4jKernels(), true, 6, Tape.NONE, new PassState());
    Pass inference = new Pass(new Nd4jKernels(), false, 5, Tape.NONE, new PassState());
    INDArray masked = output(grafts, pass(Tape.NONE));
    assertThat(output(grafts, other)).isNotEqualTo(masked);
    assertThat(output(grafts, inference))
        .isEqualTo(output(List.of(without(grafts.get(0))), pass(Tape.NONE)));
  }

  private static Graft without(Graft dropping) {
    return new Graft("default", new Part(SITE), dropping.parameters());
  }

  private void assertSlopes(List<Graft> grafts) {
    INDArray dx = Values.random(9, x.shape());
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = pass(tape);
      output(grafts, pass);
      module(grafts).backward(pass, x, dy, dx, 0);
    }

    DoubleSupplier loss = () -> Values.inner(output(grafts, pass(Tape.NONE)), dy);
    for (Graft graft : grafts) {
      CentralDifferences.assertGradients(graft.parameters(), graft.gradients(), loss);
    }
    CentralDifferences.assertGradients(
        new Tensors(Map.of("x", x)), new Tensors(Map.of("x", dx)), loss);
  }

  @Test
  void gradientsOfParametersDoNotNeedThatOfTheInput() {
    List<Graft> grafts = everySort();
    List<Graft> again = everySort();
    backward(grafts, Values.zeros(x.shape()));
    backward(again, null);

    for (int i = 0; i < grafts.size(); i++) {
      assertThat(again.get(i).gradients().asMap()).isEqualTo(grafts.get(i).gradients().asMap());
    }
  }

  private void backward(List<Graft> grafts, @Nullable INDArray dx) {
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = pass(tape);
      output(grafts, pass);
      module(grafts).backward(pass, x, dy, dx, 0);
    }
  }

  @Test
  void eachRowHasTheAdapterThatIsNamedForIt() {
    List<Graft> first = everySort();
    List<Graft> second =
        List.of(graft("second", new Part(SITE), 77), graft("second", new Scale(SITE, true), 78));
    INDArray ofFirst = output(first, pass(Tape.NONE));
    INDArray ofSecond = output(second, pass(Tape.NONE));
    INDArray ofNone = output(List.of(), pass(Tape.NONE));
    List<Graft> all = new ArrayList<>(first);
    all.addAll(second);

    // Three sequences of two rows each.
    shared.activity().setRows(List.of("second", "base", "default"));
    INDArray y = output(all, pass(Tape.NONE));

    assertRows(y, ofSecond, 0);
    assertRows(y, ofNone, 2);
    assertRows(y, ofFirst, 4);
  }

  private static void assertRows(INDArray actual, INDArray expected, int from) {
    var rows = NDArrayIndex.interval(from, from + 2);
    Plain.assertClose(
        actual.get(rows, NDArrayIndex.all()).dup(),
        Plain.of(expected.get(rows, NDArrayIndex.all()).dup()));
  }

  @Test
  void adaptersThatDoNotActCostNothing() {
    shared.activity().disable(1);
    LinearGrafts grafts = new LinearGrafts(new SiteGrafts(SITE, everySort(), shared));
    INDArray y = Values.random(8, 6, OUT);
    INDArray before = y.dup();

    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = pass(tape);
      assertThat(grafts.input(pass, x)).isSameAs(x);
      assertThat(grafts.upstream(pass, dy)).isSameAs(dy);
      assertThat(grafts.bias(b)).isSameAs(b);
      grafts.output(pass, b, x, y);
    }
    assertThat(y).isEqualTo(before);
    assertThat(grafts.scalesInput()).isFalse();
  }

  /** Deeplearning4j's layers add the bias after the adapters' parts. */
  @Test
  void aBiasThatIsAddedLaterIsScaledWithTheOutput() {
    Graft scale = graft("default", new Scale(SITE, false), 3);
    Graft gain = graft("default", new Gain(SITE), 4);
    List<Graft> both = List.of(scale, gain);
    LinearGrafts grafts = new LinearGrafts(new SiteGrafts(SITE, both, shared));
    INDArray y = x.mmul(w.transpose());
    INDArray biasGradient = dy.sum(0);

    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = pass(tape);
      grafts.output(pass, null, x, y);
      y.addiRowVector(grafts.bias(b));
      Plain.assertClose(y, Plain.of(output(both, pass(Tape.NONE))));

      grafts.backward(pass, null, x, dy, null, dy.sum(0).muli(b));
      grafts.biasGradient(biasGradient);
    }
    DoubleSupplier loss = () -> Values.inner(output(both, pass(Tape.NONE)), dy);
    CentralDifferences.assertGradients(scale.parameters(), scale.gradients(), loss);
    CentralDifferences.assertGradients(gain.parameters(), gain.gradients(), loss);
    CentralDifferences.assertGradients(
        new Tensors(Map.of("b", b)), new Tensors(Map.of("b", biasGradient)), loss);
  }

  @Test
  void anObserverSeesTheInputOfEverySiteWhereAnAdapterActs() {
    List<INDArray> seen = new ArrayList<>();
    shared.passes().setObserver((site, input) -> seen.add(input));

    output(List.of(), pass(Tape.NONE));
    assertThat(seen).isEmpty();
    output(everySort(), pass(Tape.NONE));
    assertThat(seen).containsExactly(x);
    shared.passes().setObserver(null);
    output(everySort(), pass(Tape.NONE));
    assertThat(seen).hasSize(1);
  }
}
