package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.NonFiniteException;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/** What users may rely on, for every method on every sort of Deeplearning4j layer. */
class PromisesTest {
  static Stream<PromiseCase> cases() {
    return PromiseCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wrappingChangesNoOutput(PromiseCase site) {
    MultiLayerNetwork base = site.base();
    INDArray expected = base.output(site.x());
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, site.config());
    assertThat(model.network().output(site.x())).isEqualTo(expected);
    assertThat(model.network().output(site.x(), true)).isEqualTo(base.output(site.x(), true));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fittingChangesTheAdapterOnlyAndLowersTheLoss(PromiseCase site) {
    MultiLayerNetwork base = site.base();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, site.config());
    double before = model.network().score(site.data());
    for (int i = 0; i < 50; i++) {
      model.network().fit(site.data());
    }
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(model.network().score(site.data())).isLessThan(before - 0.01);
    long trainable = model.trainableParameters().trainable();
    assertThat(model.network().params().length()).isEqualTo(trainable);
    assertThat(model.network().getFlattenedGradients().length()).isEqualTo(trainable);
    assertThat(model.network().getUpdater().getStateViewArray().length()).isEqualTo(2 * trainable);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyTensorGetsAGradientWithinTwoSteps(PromiseCase site) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(site.base(), site.config());
    Map<String, Boolean> moved = new LinkedHashMap<>();
    for (int step = 0; step < 2; step++) {
      model.network().fit(site.data());
      model
          .network()
          .gradient()
          .gradientForVariable()
          .forEach(
              (name, g) -> moved.merge(name, g.amaxNumber().doubleValue() > 0, Boolean::logicalOr));
    }
    assertThat(moved).isNotEmpty().doesNotContainValue(false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void disablingGivesTheBaseModelAndEnablingTheAdaptedOne(PromiseCase site) {
    MultiLayerNetwork base = site.base();
    PeftModel<MultiLayerNetwork> model = trained(site, base);
    INDArray adapted = model.network().output(site.x());
    assertThat(adapted).isNotEqualTo(base.output(site.x()));
    try (var off = model.adaptersDisabled()) {
      assertThat(model.network().output(site.x())).isEqualTo(base.output(site.x()));
      assertThatThrownBy(() -> model.network().fit(site.data())).hasMessageContaining("disabled");
    }
    assertThat(model.network().output(site.x())).isEqualTo(adapted);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergedEqualsUnmergedAndUnmergingIsExact(PromiseCase site, @TempDir Path folder)
      throws Exception {
    MultiLayerNetwork base = site.base();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = trained(site, base);
    INDArray adapted = model.network().output(site.x());
    try (var merged = model.merged()) {
      assertThat(relative(model.network().output(site.x()), adapted)).isLessThan(1e-5);
      assertThat(base.params()).isNotEqualTo(frozen);
    }
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(model.network().output(site.x())).isEqualTo(adapted);

    MultiLayerNetwork plain = model.mergeAndUnload();
    assertThat(plain.getClass()).isEqualTo(MultiLayerNetwork.class);
    File file = folder.resolve("merged.zip").toFile();
    plain.save(file);
    MultiLayerNetwork restored = MultiLayerNetwork.load(file, false);
    assertThat(relative(restored.output(site.x()), adapted)).isLessThan(1e-5);
    assertThat(restored.getLayerWiseConfigurations().toJson()).doesNotContain("peft4j");
    assertThat(base.params()).isEqualTo(frozen);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void savedAndLoadedOntoAFreshBaseIsTheSame(PromiseCase site, @TempDir Path folder) {
    PeftModel<MultiLayerNetwork> model = trained(site, site.base());
    model.save(folder);
    PeftModel<MultiLayerNetwork> loaded = Peft.load(site.base(), folder);
    assertThat(loaded.network().output(site.x())).isEqualTo(model.network().output(site.x()));
    assertThat(loaded.config(Peft.DEFAULT_ADAPTER)).isEqualTo(model.config(Peft.DEFAULT_ADAPTER));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void switchingAdaptersKeepsEachAsItWas(PromiseCase site) {
    MultiLayerNetwork base = site.base();
    PeftModel<MultiLayerNetwork> model = trained(site, base);
    INDArray first = model.network().output(site.x());
    model.addAdapter("second", site.config());
    assertThat(model.network().output(site.x())).isEqualTo(first);
    model.setActive("second");
    for (int i = 0; i < 3; i++) {
      model.network().fit(site.data());
    }
    INDArray second = model.network().output(site.x());
    assertThat(second).isNotEqualTo(first);
    model.setActive("default", "second");
    assertThat(model.network().output(site.x())).isNotEqualTo(first).isNotEqualTo(second);
    model.setActive();
    assertThat(model.network().output(site.x())).isEqualTo(base.output(site.x()));
    model.setActive("default");
    assertThat(model.network().output(site.x())).isEqualTo(first);
    model.delete("second");
    assertThat(model.adapters()).containsExactly("default");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theSameSeedGivesTheSameTraining(PromiseCase site) {
    INDArray first = fitted(site).network().params();
    INDArray second = fitted(site).network().params();
    assertThat(first).isEqualTo(second);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingIsTheSameWithoutWorkspaces(PromiseCase site) {
    INDArray with = fitted(site).network().params();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(site.base(), site.config(0.2));
    model.network().getLayerWiseConfigurations().setTrainingWorkspaceMode(WorkspaceMode.NONE);
    for (int i = 0; i < 5; i++) {
      model.network().fit(site.data());
    }
    assertThat(model.network().params()).isEqualTo(with);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aNonFiniteGradientStopsTrainingBeforeTheAdapterChanges(PromiseCase site) {
    MultiLayerNetwork base = site.base();
    PeftModel<MultiLayerNetwork> model = trained(site, base);
    INDArray before = model.network().params().dup();
    INDArray weight = base.getLayer("out").getParam("W");
    double kept = weight.getDouble(0);
    weight.putScalar(0, Float.NaN);
    assertThatThrownBy(() -> model.network().fit(site.data()))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("Step ")
        .satisfies(
            e ->
                assertThat(model.network().gradient().gradientForVariable().keySet())
                    .map(key -> key.substring(key.indexOf('_') + 1))
                    .anyMatch(String.valueOf(e.getMessage())::contains));
    weight.putScalar(0, kept);
    assertThat(model.network().params()).isEqualTo(before);
  }

  private static PeftModel<MultiLayerNetwork> fitted(PromiseCase site) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(site.base(), site.config(0.2));
    for (int i = 0; i < 5; i++) {
      model.network().fit(site.data());
    }
    return model;
  }

  private static PeftModel<MultiLayerNetwork> trained(PromiseCase site, MultiLayerNetwork base) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, site.config());
    for (int i = 0; i < 5; i++) {
      model.network().fit(site.data());
    }
    return model;
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
