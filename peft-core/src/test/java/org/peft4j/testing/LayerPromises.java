package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.testing.MethodRow.Trait;

/**
 * What users may rely on, for every method on every kind of Deeplearning4j layer. A class of tests
 * extends this one and gives its methods in static {@code cases()} and {@code others()}: the layers
 * that they are for, and those that they are not for.
 */
public abstract class LayerPromises {
  @ParameterizedTest
  @MethodSource("others")
  void aLayerThatTheMethodIsNotForIsRefused(PromiseCase each) {
    MultiLayerNetwork base = each.base();
    assertThatThrownBy(() -> Peft.wrap(base, each.config()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(each.layer().target());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wrappingChangesNoOutput(PromiseCase each) {
    MultiLayerNetwork base = each.base();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, each.config());
    assertThat(each.output(model)).isEqualTo(each.layer().output(base));
    // Hosted batch normalisation keeps to its frozen statistics in training too.
    if (!each.layer().name().contains("batch norm")) {
      assertThat(each.layer().output(model.network(), true))
          .isEqualTo(each.layer().output(base, true));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyGradientIsTheSlopeOfTheLoss(PromiseCase each) {
    assumeThat(each.is(Trait.OTHER_SLOPES)).isFalse();
    NetworkSlopes.assertGradients(
        each.lively(DataType.DOUBLE).network(), each.layer().data(DataType.DOUBLE));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fittingChangesTheAdapterOnlyAndLowersTheLoss(PromiseCase each) {
    MultiLayerNetwork base = each.base();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, each.config());
    double before = model.network().score(each.data());
    for (int round = 0; round < 5 && model.network().score(each.data()) > before - 0.02; round++) {
      each.fit(model, 5);
    }
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(model.network().score(each.data())).isLessThan(before - 0.01);
    long trainable = model.trainableParameters().trainable();
    assertThat(model.network().params().length()).isEqualTo(trainable);
    assertThat(model.network().getFlattenedGradients().length()).isEqualTo(trainable);
    assertThat(model.network().getUpdater().getStateViewArray().length()).isEqualTo(2 * trainable);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyTensorGetsAGradientWithinTwoSteps(PromiseCase each) {
    PeftModel<MultiLayerNetwork> model = each.wrap();
    Map<String, Boolean> moved = new LinkedHashMap<>();
    for (int step = 0; step < 2; step++) {
      each.fit(model, 1);
      model
          .adapter(Peft.DEFAULT_ADAPTER)
          .gradients()
          .forEach(
              (name, g) -> moved.merge(name, g.amaxNumber().doubleValue() > 0, Boolean::logicalOr));
    }
    assertThat(moved).isNotEmpty().doesNotContainValue(false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void disablingGivesTheBaseModelAndEnablingTheAdaptedOne(PromiseCase each) {
    MultiLayerNetwork base = each.base();
    PeftModel<MultiLayerNetwork> model = each.lively(base);
    INDArray adapted = each.output(model);
    INDArray frozen = each.layer().output(base);
    assertThat(adapted).isNotEqualTo(frozen);
    try (var off = model.adaptersDisabled()) {
      assertThat(each.output(model)).isEqualTo(frozen);
      assertThatThrownBy(() -> each.fit(model, 1)).hasMessageContaining("disabled");
    }
    assertThat(each.output(model)).isEqualTo(adapted);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergedEqualsUnmergedAndUnmergingIsExact(PromiseCase each, @TempDir Path folder)
      throws Exception {
    assumeThat(each.is(Trait.NOT_MERGEABLE)).isFalse();
    MultiLayerNetwork base = each.base();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = each.lively(base);
    INDArray adapted = each.output(model);
    try (var merged = model.merged()) {
      assertThat(relative(each.output(model), adapted)).isLessThan(1e-5);
      assertThat(base.params()).isNotEqualTo(frozen);
    }
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(each.output(model)).isEqualTo(adapted);

    MultiLayerNetwork plain = model.mergeAndUnload();
    assertThat(plain.getClass()).isEqualTo(MultiLayerNetwork.class);
    File file = folder.resolve("merged.zip").toFile();
    plain.save(file);
    MultiLayerNetwork restored = MultiLayerNetwork.load(file, false);
    assertThat(relative(each.layer().output(restored), adapted)).isLessThan(1e-5);
    assertThat(restored.getLayerWiseConfigurations().toJson()).doesNotContain("peft4j");
    assertThat(base.params()).isEqualTo(frozen);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatCannotBeMergedIsRefusedBeforeAnythingIsTouched(PromiseCase each) {
    assumeThat(each.is(Trait.NOT_MERGEABLE)).isTrue();
    MultiLayerNetwork base = each.base();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = each.lively(base);
    INDArray adapted = each.output(model);
    assertThatThrownBy(model::merged)
        .hasMessageContaining("is not a change of a weight and cannot be merged; nothing was");
    assertThatThrownBy(model::mergeAndUnload).hasMessageContaining("cannot be merged");
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(each.output(model)).isEqualTo(adapted);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void savedAndLoadedOntoAFreshBaseIsTheSame(PromiseCase each, @TempDir Path folder) {
    PeftModel<MultiLayerNetwork> model = each.lively(DataType.FLOAT);
    model.save(folder);
    PeftModel<MultiLayerNetwork> loaded = Peft.load(each.base(), folder);
    assertThat(each.output(loaded)).isEqualTo(each.output(model));
    assertThat(loaded.config(Peft.DEFAULT_ADAPTER)).isEqualTo(each.config());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anAdapterThatIsNotFiniteIsNotWritten(PromiseCase each, @TempDir Path folder) {
    PeftModel<MultiLayerNetwork> model = each.lively(DataType.FLOAT);
    model.save(folder);
    INDArray expected = each.output(model).dup();
    INDArray parameters = model.network().params();
    parameters.putScalar(parameters.length() - 1, Float.NaN);
    assertThatThrownBy(() -> model.save(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("infinite or NaN");
    assertThat(each.output(Peft.load(each.base(), folder))).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void switchingAdaptersKeepsEachAsItWas(PromiseCase each) {
    MultiLayerNetwork base = each.base();
    PeftModel<MultiLayerNetwork> model = each.lively(base);
    INDArray first = each.output(model);
    model.addAdapter("second", each.config());
    assertThat(each.output(model)).isEqualTo(first);
    model.setActive("second");
    each.fit(model, 3);
    INDArray second = each.output(model);
    assertThat(second).isNotEqualTo(first);
    if (each.is(Trait.REPLACES)) {
      assertThatThrownBy(() -> model.setActive("default", "second"))
          .isInstanceOf(PeftException.class);
    } else {
      model.setActive("default", "second");
      assertThat(each.output(model)).isNotEqualTo(first).isNotEqualTo(second);
    }
    model.setActive();
    assertThat(each.output(model)).isEqualTo(each.layer().output(base));
    for (int round = 0; round < 2; round++) {
      model.setActive("default");
      assertThat(each.output(model)).isEqualTo(first);
      model.setActive("second");
      assertThat(each.output(model)).isEqualTo(second);
    }
    model.setActive("default");
    model.delete("second");
    assertThat(model.adapters()).containsExactly("default");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void eachRowHasTheAdapterThatIsNamedForIt(PromiseCase each) {
    assumeThat(each.is(Trait.REPLACES)).isFalse();
    RowsAlone.assertSame(each);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingIsTheSameWithTheSameSeedAndWithoutWorkspaces(PromiseCase each) {
    INDArray first = dropping(each, WorkspaceMode.ENABLED);
    assertThat(dropping(each, WorkspaceMode.ENABLED)).isEqualTo(first);
    assertThat(dropping(each, WorkspaceMode.NONE)).isEqualTo(first);
  }

  private static INDArray dropping(PromiseCase each, WorkspaceMode mode) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(each.base(), each.config(0.2));
    model.network().getLayerWiseConfigurations().setTrainingWorkspaceMode(mode);
    each.fit(model, 4);
    return model.network().params();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aNonFiniteStepStopsTrainingAndLeavesNothingBehind(PromiseCase each) {
    MultiLayerNetwork base = each.base();
    PeftModel<MultiLayerNetwork> model = each.lively(base);
    INDArray before = model.network().params().dup();
    DataSet broken = each.data();
    broken.getLabels().putScalar(0, Float.NaN);
    assertThatThrownBy(() -> model.network().fit(broken))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("Step ")
        .satisfies(
            e -> assertThat(suspects(model)).as(messageOf(e)).anyMatch(messageOf(e)::contains));
    assertThat(model.network().params()).isEqualTo(before);
    each.fit(model, 1);
    INDArray gradient = model.network().getFlattenedGradients().dup();
    PeftModel<MultiLayerNetwork> other = each.lively(base);
    each.fit(other, 1);
    assertThat(gradient).isEqualTo(other.network().getFlattenedGradients());
  }

  /** What a message may name: an adapter's tensor, or the loss. */
  private static List<String> suspects(PeftModel<MultiLayerNetwork> model) {
    List<String> names = new ArrayList<>(List.of("loss"));
    model
        .adapter(Peft.DEFAULT_ADAPTER)
        .tensors()
        .keySet()
        .forEach(key -> names.add("the gradient of " + key));
    return names;
  }

  private static String messageOf(Throwable thrown) {
    return String.valueOf(thrown.getMessage());
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
