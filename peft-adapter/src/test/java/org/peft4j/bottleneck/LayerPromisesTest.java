package org.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerPromises;
import org.peft4j.testing.MethodRow;
import org.peft4j.testing.MethodRow.Trait;
import org.peft4j.testing.PromiseCase;

/** What users may rely on, for bottleneck adapters after Deeplearning4j's layers. */
class LayerPromisesTest extends LayerPromises {
  static final MethodRow[] METHODS = {
    method("houlsby", BottleneckConfig.houlsby().reductionFactor(2)),
    method("pfeiffer", BottleneckConfig.pfeiffer().reductionFactor(3)),
    method("compacter", BottleneckConfig.compacter().reductionFactor(1)),
    method(
        "compacter++",
        BottleneckConfig.compacterPlusPlus().reductionFactor(1).phm(Phm.DEFAULT.with(2, 2)))
  };

  /** Up begins at zero, so that nothing changes before training. */
  private static MethodRow method(String name, BottleneckConfig.Builder config) {
    return MethodRow.of(
        name,
        (target, dropout) ->
            config
                .initWeights(InitWeights.MAM_ADAPTER)
                .dropout(dropout)
                .targetModules(target)
                .build(),
        Trait.NOT_MERGEABLE);
  }

  static Stream<PromiseCase> cases() {
    return PromiseCase.of(METHODS);
  }

  static Stream<PromiseCase> others() {
    return PromiseCase.without(METHODS);
  }

  static Stream<LayerCase> layers() {
    return PromiseCase.of(METHODS[0]).map(PromiseCase::layer);
  }

  @ParameterizedTest
  @MethodSource("layers")
  void theUsualInitialisationBeginsNearTheBaseModel(LayerCase layer) {
    BottleneckConfig config =
        BottleneckConfig.houlsby().reductionFactor(2).targetModules(layer.target()).build();
    INDArray expected = layer.output(layer.base());
    INDArray actual = layer.output(Peft.wrap(layer.base(), config).network());
    assertThat(actual.sub(expected).amaxNumber().doubleValue()).isGreaterThan(0).isLessThan(0.05);
  }
}
