package org.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.NonFiniteException;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/** What users may rely on, for bottleneck adapters after Deeplearning4j's layers. */
class LayerPromisesTest {
  private static final int MOST_CHECKED = 60;

  static Stream<LayerCase> cases() {
    return LayerCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wrappingChangesNoOutputWhereUpBeginsAtZero(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    var model = Peft.wrap(base, sort.config().initWeights(InitWeights.MAM_ADAPTER).build());
    assertThat(output(model, sort)).isEqualTo(base.output(sort.data(DataType.FLOAT).getFeatures()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theUsualInitialisationBeginsNearTheBaseModel(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    INDArray expected = base.output(sort.data(DataType.FLOAT).getFeatures());
    INDArray actual = output(Peft.wrap(base, sort.config().build()), sort);
    assertThat(actual.sub(expected).amaxNumber().doubleValue()).isGreaterThan(0).isLessThan(0.05);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyGradientEqualsCentralDifferences(LayerCase sort) {
    PeftModel<MultiLayerNetwork> model = lively(sort, sort.base(DataType.DOUBLE));
    MultiLayerNetwork network = model.network();
    DataSet data = sort.data(DataType.DOUBLE);
    network.setInput(data.getFeatures());
    network.setLabels(data.getLabels());
    network.computeGradientAndScore();
    INDArray gradient = network.getFlattenedGradients().dup();
    INDArray parameters = network.params();
    double step = 1e-6;
    long stride = 1 + parameters.length() / MOST_CHECKED;
    for (long i = 0; i < parameters.length(); i += stride) {
      double value = parameters.getDouble(i);
      parameters.putScalar(i, value + step);
      double up = network.score(data, false);
      parameters.putScalar(i, value - step);
      double down = network.score(data, false);
      parameters.putScalar(i, value);
      assertThat(gradient.getDouble(i) / data.numExamples())
          .as("parameter %d of %d", i, parameters.length())
          .isCloseTo((up - down) / (2 * step), within(1e-6));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fittingChangesTheAdapterOnlyAndLowersTheLoss(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, sort.config().build());
    DataSet data = sort.data(DataType.FLOAT);
    double before = model.network().score(data);
    fit(model, sort, 40);
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(model.network().score(data)).isLessThan(before - 0.01);
    long trainable = model.trainableParameters().trainable();
    assertThat(model.network().getUpdater().getStateViewArray().length()).isEqualTo(2 * trainable);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyTensorGetsAGradientWithinTwoSteps(LayerCase sort) {
    var model =
        Peft.wrap(
            sort.base(DataType.FLOAT), sort.config().initWeights(InitWeights.MAM_ADAPTER).build());
    Map<String, Boolean> moved = new LinkedHashMap<>();
    for (int step = 0; step < 2; step++) {
      fit(model, sort, 1);
      model
          .gradients("default")
          .forEach(
              (name, g) -> moved.merge(name, g.amaxNumber().doubleValue() > 0, Boolean::logicalOr));
    }
    assertThat(moved).isNotEmpty().doesNotContainValue(false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void disablingGivesTheBaseModelAndEnablingTheAdaptedOne(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    PeftModel<MultiLayerNetwork> model = lively(sort, base);
    INDArray adapted = output(model, sort);
    INDArray frozen = base.output(sort.data(DataType.FLOAT).getFeatures());
    assertThat(adapted).isNotEqualTo(frozen);
    try (var off = model.adaptersDisabled()) {
      assertThat(output(model, sort)).isEqualTo(frozen);
    }
    assertThat(output(model, sort)).isEqualTo(adapted);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergingIsRefusedBeforeAnythingIsTouched(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = lively(sort, base);
    INDArray adapted = output(model, sort);
    assertThatThrownBy(model::merged)
        .hasMessageContaining("is not a change of a weight and cannot be merged; nothing was");
    assertThatThrownBy(model::mergeAndUnload).hasMessageContaining("cannot be merged");
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(output(model, sort)).isEqualTo(adapted);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void savedAndLoadedOntoAFreshBaseIsTheSame(LayerCase sort, @TempDir Path folder) {
    PeftModel<MultiLayerNetwork> model = lively(sort, sort.base(DataType.FLOAT));
    model.save(folder);
    PeftModel<MultiLayerNetwork> loaded = Peft.load(sort.base(DataType.FLOAT), folder);
    assertThat(output(loaded, sort)).isEqualTo(output(model, sort));
    assertThat(loaded.config("default")).isEqualTo(sort.config().build());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingIsTheSameWithTheSameSeedAndWithoutWorkspaces(LayerCase sort) {
    INDArray first = dropping(sort, WorkspaceMode.ENABLED);
    assertThat(dropping(sort, WorkspaceMode.ENABLED)).isEqualTo(first);
    assertThat(dropping(sort, WorkspaceMode.NONE)).isEqualTo(first);
  }

  private static INDArray dropping(LayerCase sort, WorkspaceMode mode) {
    var model = Peft.wrap(sort.base(DataType.FLOAT), sort.config().dropout(0.2).build());
    model.network().getLayerWiseConfigurations().setTrainingWorkspaceMode(mode);
    fit(model, sort, 4);
    return model.network().params();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aNonFiniteGradientStopsTrainingAndLeavesNothingBehind(LayerCase sort) {
    MultiLayerNetwork base = sort.base(DataType.FLOAT);
    PeftModel<MultiLayerNetwork> model = lively(sort, base);
    INDArray before = model.network().params().dup();
    INDArray weight = base.getLayer("out").getParam("W");
    double kept = weight.getDouble(0);
    weight.putScalar(0, Float.NaN);
    assertThatThrownBy(() -> fit(model, sort, 1))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("adapter");
    weight.putScalar(0, kept);
    assertThat(model.network().params()).isEqualTo(before);
    fit(model, sort, 1);
    INDArray gradient = model.network().getFlattenedGradients().dup();
    PeftModel<MultiLayerNetwork> other = lively(sort, base);
    fit(other, sort, 1);
    assertThat(gradient).isEqualTo(other.network().getFlattenedGradients());
  }

  private static INDArray output(PeftModel<MultiLayerNetwork> model, LayerCase sort) {
    return model.network().output(sort.data(DataType.FLOAT).getFeatures());
  }

  private static void fit(PeftModel<MultiLayerNetwork> model, LayerCase sort, int times) {
    for (int i = 0; i < times; i++) {
      model.network().fit(sort.data(DataType.FLOAT));
    }
  }

  /** An adapter whose parts are of the size of what they are added to. */
  private static PeftModel<MultiLayerNetwork> lively(LayerCase sort, MultiLayerNetwork base) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, sort.config().build(), 3);
    Nd4j.getRandom().setSeed(9);
    INDArray parameters = model.network().params();
    parameters.addi(Nd4j.randn(parameters.dataType(), parameters.shape()).muli(0.3));
    return model;
  }
}
