package org.peft4j.internal.original.twin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.Graft;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

/** {@code y = γ·(x − μ)/√(σ² + ε) + β} with constant μ and σ², in training too. */
class BatchNormTwinTest {
  static Stream<LayerCase> norms() {
    return Stream.of("batch norm", "batch norm with log std", "batch norm of channels")
        .map(LayerCases::named);
  }

  @ParameterizedTest
  @MethodSource("norms")
  void trainingUsesTheRunningStatisticsAndLeavesThem(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Layer twin = pair.twin(true);
    INDArray before = pair.base.params().dup();

    INDArray expected = pair.activate(pair.stock, false);
    assertThat(pair.activate(twin, false)).isEqualTo(expected);
    assertThat(pair.activate(twin, true)).isEqualTo(expected);
    pair.backward(twin);
    assertThat(pair.base.params()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("norms")
  void theGradientsOfCopiesAndInputAreSlopes(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    Graft copies = pair.copies();
    Layer twin = pair.twin(true, copies);

    INDArray dx = pair.backward(twin).getSecond().dup('c');

    DoubleSupplier loss = () -> pair.loss(twin);
    CentralDifferences.assertGradients(copies.parameters(), copies.gradients(), loss);
    CentralDifferences.assertGradients(
        new Tensors(Map.of("x", pair.x)), new Tensors(Map.of("x", dx)), loss);
  }

  @ParameterizedTest
  @MethodSource("norms")
  void onlyGainAndBiasCanTrain(LayerCase sort) {
    LayerPair pair = new LayerPair(sort);
    assertThat(pair.copies().parameters().asMap()).containsOnlyKeys("gamma", "beta");
    assertThat(pair.stock.paramTable().keySet()).hasSize(4);
    assertThat(Objects.requireNonNull(pair.twin(true, pair.copies()).getParam("gamma")))
        .isEqualTo(pair.stock.getParam("gamma"));
  }
}
