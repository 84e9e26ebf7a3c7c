package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.internal.graft.SmallAdapters.graft;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tape;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.SmallAdapters.After;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** {@code y ← g₂(g₁(y, residual), residual)}. */
class SublayerGraftsTest {
  private static final int WIDTH = 3;
  private static final Site SITE = Site.place("mlp", "mlp", SiteKind.SUBLAYER, WIDTH, WIDTH);

  private final SharedState shared = SharedState.of(1);
  private final Graft first = graft("first", new After(SITE), 1);
  private final Graft second = graft("second", new After(SITE), 2);
  private final SublayerGrafts grafts =
      new SublayerGrafts(new SiteGrafts(SITE, List.of(first, second), shared));
  private final INDArray y = Values.random(3, 4, WIDTH);
  private final INDArray residual = Values.random(4, 4, WIDTH);
  private final INDArray upper = Values.random(5, 4, WIDTH);

  private static Pass pass(Tape tape) {
    return new Pass(new Nd4jKernels(), true, 0).on(tape);
  }

  private INDArray output(@Nullable INDArray given, Pass pass) {
    INDArray result = y.dup('c');
    grafts.forward(pass, given, result);
    return result;
  }

  private static double at(Graft graft, String name, int column) {
    return graft.parameters().get(name).getDouble(column);
  }

  @Test
  void theSecondAdapterChangesWhatTheFirstHasMade() {
    INDArray result = output(residual, pass(Tape.NONE));

    for (int row = 0; row < 4; row++) {
      for (int i = 0; i < WIDTH; i++) {
        double r = residual.getDouble(row, i);
        double once = at(first, "a", i) * y.getDouble(row, i) + at(first, "c", i) * r;
        double twice = at(second, "a", i) * once + at(second, "c", i) * r;
        assertThat(result.getDouble(row, i)).isEqualTo(twice, within(1e-12));
      }
    }
  }

  @Test
  void theBackwardPassGoesTheOtherWayRound() {
    INDArray dy = upper.dup('c');
    INDArray dResidual = Values.zeros(4, WIDTH);
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = pass(tape);
      output(residual, pass);
      grafts.backward(pass, residual, dy, dResidual);
    }

    DoubleSupplier loss = () -> Values.inner(output(residual, pass(Tape.NONE)), upper);
    CentralDifferences.assertGradients(first.parameters(), first.gradients(), loss);
    CentralDifferences.assertGradients(second.parameters(), second.gradients(), loss);
    CentralDifferences.assertGradients(
        new Tensors(Map.of("y", y, "residual", residual)),
        new Tensors(Map.of("y", dy, "residual", dResidual)),
        loss);
  }

  @Test
  void thereMayBeNoResidual() {
    INDArray dy = upper.dup('c');
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = pass(tape);
      output(null, pass);
      grafts.backward(pass, null, dy, null);
    }

    DoubleSupplier loss = () -> Values.inner(output(null, pass(Tape.NONE)), upper);
    CentralDifferences.assertGradients(first.parameters(), first.gradients(), loss);
    CentralDifferences.assertGradients(
        new Tensors(Map.of("y", y)), new Tensors(Map.of("y", dy)), loss);
  }

  @Test
  void eachSequenceHasItsOwnAdapterWithItsRowsOfTheResidual() {
    shared.activity().setRows(List.of("second", "base"));
    INDArray result = output(residual, pass(Tape.NONE));

    for (int i = 0; i < WIDTH; i++) {
      double own =
          at(second, "a", i) * y.getDouble(1, i) + at(second, "c", i) * residual.getDouble(1, i);
      assertThat(result.getDouble(1, i)).isEqualTo(own, within(1e-12));
      assertThat(result.getDouble(2, i)).isEqualTo(y.getDouble(2, i));
    }
  }

  @Test
  void adaptersThatDoNotActChangeNothing() {
    shared.activity().disable(1);
    assertThat(grafts.acts()).isFalse();
    assertThat(output(residual, pass(Tape.NONE))).isEqualTo(y);
  }
}
