package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.testing.MethodRow.Trait;

/**
 * What users may rely on, for every method on every way in which a graph of SameDiff uses a weight.
 * A class of tests extends this one and gives its methods in a static {@code cases()}.
 */
public abstract class GraphPromises {
  private static final DataType FLOAT = DataType.FLOAT;

  @ParameterizedTest
  @MethodSource("cases")
  void wrappingChangesNoOutputAndCopiesNoWeight(GraphPromiseCase each) {
    SameDiff base = each.graph().base(FLOAT);
    int operations = base.getOps().size();
    PeftModel<SameDiff> model = each.wrap(base);
    assertThat(each.graph().output(model.network(), FLOAT))
        .isEqualTo(each.graph().output(base, FLOAT));
    assertThat(base.getOps()).hasSize(operations);
    for (String name : GraphPromiseCase.frozen(base).keySet()) {
      assertThat(model.network().getVariable(name).getVariableType())
          .isEqualTo(VariableType.CONSTANT);
      assertThat(model.network().getVariable(name).getArr().data())
          .isSameAs(base.getVariable(name).getArr().data());
    }
    assertThat(GraphPromiseCase.trainable(base)).hasSizeGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyGradientIsTheSlopeOfTheLoss(GraphPromiseCase each) {
    assumeThat(each.is(Trait.OTHER_SLOPES)).isFalse();
    DataType type = DataType.DOUBLE;
    SameDiff network = each.lively(each.graph().base(type)).network();
    Map<String, INDArray> values = GraphPromiseCase.trainable(network);
    Map<String, INDArray> gradients =
        network.calculateGradients(each.graph().values(type), values.keySet());
    CentralDifferences.assertGradients(
        new Tensors(values), new Tensors(gradients), () -> each.graph().loss(network, type));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fittingChangesTheAdapterOnlyAndLowersTheLoss(GraphPromiseCase each) {
    SameDiff base = each.graph().base(FLOAT);
    Map<String, INDArray> frozen = GraphPromiseCase.frozen(base);
    PeftModel<SameDiff> model = each.wrap(base);
    double before = each.graph().loss(model.network(), FLOAT);
    for (int round = 0;
        round < 5 && each.graph().loss(model.network(), FLOAT) > before - 0.004;
        round++) {
      each.fit(model.network(), 5);
    }
    assertThat(each.graph().loss(model.network(), FLOAT)).isLessThan(before - 0.002);
    assertThat(GraphPromiseCase.frozen(base)).isEqualTo(frozen);
    Map<String, INDArray> trainable = GraphPromiseCase.trainable(model.network());
    assertThat(trainable.values().stream().mapToLong(INDArray::length).sum())
        .isEqualTo(model.trainableParameters().trainable());
    assertThat(model.network().getUpdaterMap().keySet()).isEqualTo(trainable.keySet());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyTensorGetsAGradientWithinTwoSteps(GraphPromiseCase each) {
    SameDiff network = each.wrap(each.graph().base(FLOAT)).network();
    Map<String, Boolean> moved = new LinkedHashMap<>();
    for (int step = 0; step < 2; step++) {
      each.fit(network, 1);
      network
          .calculateGradients(
              each.graph().values(FLOAT), GraphPromiseCase.trainable(network).keySet())
          .forEach(
              (name, g) -> moved.merge(name, g.amaxNumber().doubleValue() > 0, Boolean::logicalOr));
    }
    assertThat(moved).isNotEmpty().doesNotContainValue(false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void disablingGivesTheBaseModelAndEnablingTheAdaptedOne(GraphPromiseCase each) {
    SameDiff base = each.graph().base(FLOAT);
    PeftModel<SameDiff> model = each.lively(base);
    INDArray adapted = each.graph().output(model.network(), FLOAT);
    INDArray frozen = each.graph().output(base, FLOAT);
    assertThat(adapted).isNotEqualTo(frozen);
    try (var off = model.adaptersDisabled()) {
      assertThat(each.graph().output(model.network(), FLOAT)).isEqualTo(frozen);
      assertThatThrownBy(() -> each.fit(model.network(), 1)).hasMessageContaining("disabled");
    }
    assertThat(each.graph().output(model.network(), FLOAT)).isEqualTo(adapted);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergedEqualsUnmergedAndUnmergingIsExact(GraphPromiseCase each, @TempDir Path folder) {
    assumeThat(each.is(Trait.NOT_MERGEABLE)).isFalse();
    SameDiff base = each.graph().base(FLOAT);
    Map<String, INDArray> frozen = GraphPromiseCase.frozen(base);
    PeftModel<SameDiff> model = each.lively(base);
    INDArray adapted = each.graph().output(model.network(), FLOAT);
    try (var merged = model.merged()) {
      assertThat(relative(each.graph().output(model.network(), FLOAT), adapted)).isLessThan(1e-5);
      assertThat(relative(each.graph().output(base, FLOAT), adapted)).isLessThan(1e-5);
    }
    assertThat(GraphPromiseCase.frozen(base)).isEqualTo(frozen);
    assertThat(each.graph().output(model.network(), FLOAT)).isEqualTo(adapted);

    SameDiff plain = model.mergeAndUnload();
    assertThat(GraphPromiseCase.trainable(plain).keySet())
        .isEqualTo(GraphPromiseCase.trainable(base).keySet());
    assertThat(plain.getOps().values()).noneMatch(op -> op.getOp().opName().contains("peft"));
    assertThat(relative(each.graph().output(plain, FLOAT), adapted)).isLessThan(1e-5);
    File file = folder.resolve("merged.fb").toFile();
    plain.save(file, false);
    if (each.graph().loads()) {
      SameDiff restored = SameDiff.load(file, false);
      assertThat(relative(each.graph().output(restored, FLOAT), adapted)).isLessThan(1e-5);
    } else {
      assertThatThrownBy(() -> SameDiff.load(file, false)).hasMessageContaining("inputsForOp");
    }
    assertThat(GraphPromiseCase.frozen(base)).isEqualTo(frozen);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatCannotBeMergedIsRefusedBeforeAnythingIsTouched(GraphPromiseCase each) {
    assumeThat(each.is(Trait.NOT_MERGEABLE)).isTrue();
    SameDiff base = each.graph().base(FLOAT);
    Map<String, INDArray> frozen = GraphPromiseCase.frozen(base);
    PeftModel<SameDiff> model = each.lively(base);
    assertThatThrownBy(model::merged).hasMessageContaining("cannot be merged; nothing was");
    assertThatThrownBy(model::mergeAndUnload).hasMessageContaining("cannot be merged");
    assertThat(GraphPromiseCase.frozen(base)).isEqualTo(frozen);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void savedAndLoadedOntoAFreshBaseIsTheSame(GraphPromiseCase each, @TempDir Path folder) {
    PeftModel<SameDiff> model = each.lively(each.graph().base(FLOAT));
    model.save(folder);
    PeftModel<SameDiff> loaded = Peft.load(each.graph().base(FLOAT), folder);
    assertThat(each.graph().output(loaded.network(), FLOAT))
        .isEqualTo(each.graph().output(model.network(), FLOAT));
    assertThat(loaded.config(Peft.DEFAULT_ADAPTER)).isEqualTo(each.config(0));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void switchingAdaptersKeepsEachAsItWas(GraphPromiseCase each) {
    SameDiff base = each.graph().base(FLOAT);
    PeftModel<SameDiff> model = each.lively(base);
    SameDiff network = model.network();
    INDArray first = each.graph().output(network, FLOAT);
    model.addAdapter("second", each.config(0));
    model.setActive("second");
    each.fit(network, 3);
    INDArray second = each.graph().output(network, FLOAT);
    assertThat(second).isNotEqualTo(first);
    if (each.is(Trait.REPLACES)) {
      assertThatThrownBy(() -> model.setActive("default", "second"))
          .isInstanceOf(PeftException.class);
    } else {
      model.setActive("default", "second");
      each.fit(network, 0);
      assertThat(each.graph().output(network, FLOAT)).isNotEqualTo(first).isNotEqualTo(second);
    }
    model.setActive();
    assertThat(each.graph().output(network, FLOAT)).isEqualTo(each.graph().output(base, FLOAT));
    for (int round = 0; round < 2; round++) {
      model.setActive("default");
      assertThat(each.graph().output(network, FLOAT)).isEqualTo(first);
      model.setActive("second");
      assertThat(each.graph().output(network, FLOAT)).isEqualTo(second);
    }
    each.fit(network, 1);
    model.setActive("default");
    each.fit(network, 1);
    model.delete("second");
    assertThat(model.adapters()).containsExactly("default");
    assertThat(model.network()).isSameAs(network);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anotherAdaptersTrainingLeavesNoTraceInTheUpdater(GraphPromiseCase each) {
    PeftModel<SameDiff> alone = each.lively(each.graph().base(FLOAT));
    each.fit(alone.network(), 4);
    PeftModel<SameDiff> model = each.lively(each.graph().base(FLOAT));
    each.fit(model.network(), 2);
    model.addAdapter("second", each.config(0));
    model.setActive("second");
    // Adam's step counts for all adapters together, so its learning of the second is undone.
    int before = model.network().getTrainingConfig().getIterationCount();
    each.fit(model.network(), 3);
    model.network().getTrainingConfig().setIterationCount(before);
    model.setActive("default");
    each.fit(model.network(), 2);
    assertThat(GraphPromiseCase.trainable(model.network()))
        .isEqualTo(GraphPromiseCase.trainable(alone.network()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anAdapterThatIsNotFiniteIsNotWritten(GraphPromiseCase each, @TempDir Path folder) {
    PeftModel<SameDiff> model = each.wrap(each.graph().base(FLOAT));
    GraphPromiseCase.trainable(model.network()).values().iterator().next().putScalar(0, Float.NaN);
    assertThatThrownBy(() -> model.save(folder.resolve("adapter")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("infinite or NaN");
    assertThat(folder.resolve("adapter")).doesNotExist();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingIsTheSameWithTheSameSeed(GraphPromiseCase each) {
    assertThat(dropping(each)).isEqualTo(dropping(each));
  }

  private static Map<String, INDArray> dropping(GraphPromiseCase each) {
    SameDiff network = Peft.wrap(each.graph().base(FLOAT), each.config(0.2)).network();
    each.fit(network, 4);
    return GraphPromiseCase.trainable(network);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aNonFiniteStepStopsTrainingAndChangesNothing(GraphPromiseCase each) {
    PeftModel<SameDiff> model = each.lively(each.graph().base(FLOAT));
    Map<String, INDArray> before = GraphPromiseCase.frozen(model.network());
    MultiDataSet broken = each.graph().data(FLOAT);
    broken.getLabels(0).putScalar(0, Float.NaN);
    assertThatThrownBy(() -> model.network().fit(broken))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("default/");
    assertThat(GraphPromiseCase.frozen(model.network())).isEqualTo(before);
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
