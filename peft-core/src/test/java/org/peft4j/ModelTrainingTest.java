package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.TwoLayers.FIRST;
import static org.peft4j.TwoLayers.OUT;
import static org.peft4j.TwoLayers.biasOf;
import static org.peft4j.testing.Plain.assertClose;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.method.RandomMasks;
import org.peft4j.method.TensorPlace;

/** What training loops use beside the network, and Deeplearning4j's own loop. */
class ModelTrainingTest {
  private final PeftModel<MultiLayerNetwork> model = TwoLayers.with("out", "first");
  private final ModelTraining training = model.training();

  @Test
  void placesFollowTheNetworkFromItsInputOn() {
    assertThat(training.places())
        .containsExactly(
            new TensorPlace("first", FIRST, List.of(2L), 0),
            new TensorPlace("out", OUT, List.of(2L), 2));
    model.setActive("out");
    assertThat(training.places()).containsExactly(new TensorPlace("out", OUT, List.of(2L), 0));
    model.setActive();
    assertThat(training.places()).isEmpty();
  }

  @Test
  void aMethodWithoutWorkBetweenStepsHasNoHook() {
    assertThat(training.hooks()).isEmpty();
  }

  @Test
  void fittingTakesAStepDownTheMeanGradient() {
    model.setActive("out");

    model.network().fit(TwoLayers.data());

    // The loss is the mean of two squares, so that the gradient of b2 is the mean output.
    double[][] y = TwoLayers.output();
    double[] b2 = new double[2];
    for (int j = 0; j < 2; j++) {
      double mean = (y[0][j] + y[1][j] + y[2][j]) / 3;
      b2[j] = TwoLayers.B2[j] - TwoLayers.RATE * mean;
    }
    assertClose(TwoLayers.output(model), TwoLayers.output(TwoLayers.B1, b2));
  }

  @Test
  void fittingABiasFindsTheOneOfTheSmallestLoss() {
    model.setActive("out");

    for (int i = 0; i < 400; i++) {
      model.network().fit(TwoLayers.data());
    }

    // The best constant beside x·W makes the mean output zero.
    INDArray mean = TwoLayers.output(model).mean(0);
    assertThat(mean.amaxNumber().doubleValue()).isLessThan(1e-9);
  }

  @Test
  void theSeedOfMasksIsTheModels() {
    RandomMasks masks = training.masks();

    assertThat(masks.seed()).isEqualTo(3);
    assertThat(masks.passes()).isZero();
    masks.restore(8, 21);
    assertThat(model.training().masks().seed()).isEqualTo(8);
    assertThat(model.training().masks().passes()).isEqualTo(21);
  }

  @Test
  void aTrainingPassDrawsMasksUnlessThereIsNoDropout() {
    try (AdapterScope outer = training.withoutDropout();
        AdapterScope inner = training.withoutDropout()) {
      model.network().fit(TwoLayers.data());
      inner.close();
      model.network().fit(TwoLayers.data());
      assertThat(training.masks().passes()).isZero();
    }
    model.network().fit(TwoLayers.data());
    assertThat(training.masks().passes()).isPositive();
  }

  @Test
  void outputsDrawNoMasks() {
    TwoLayers.output(model);

    assertThat(training.masks().passes()).isZero();
  }

  @Test
  void inputsOfLinearMapsWithAdaptersAreShownInTheScope() {
    model.setActive("first");
    Map<String, INDArray> seen = new LinkedHashMap<>();

    try (AdapterScope scope =
        training.observingInputs((site, x) -> seen.put(site.name(), DetachedArrays.copy(x)))) {
      TwoLayers.output(model);
    }
    assertThat(seen).isEqualTo(Map.of("first", TwoLayers.x()));
    seen.clear();
    TwoLayers.output(model);
    assertThat(seen).isEmpty();
  }

  @Test
  void anInnerObserverHasTheOuterOneWait() {
    model.setActive("out");
    List<String> seen = new ArrayList<>();
    try (AdapterScope outer = training.observingInputs((site, x) -> seen.add("outer"))) {
      try (AdapterScope inner = training.observingInputs((site, x) -> seen.add("inner"))) {
        TwoLayers.output(model);
      }
      TwoLayers.output(model);
    }
    TwoLayers.output(model);

    assertThat(seen).containsExactly("inner", "outer");
  }

  @Test
  void theSameSeedGivesTheSameFirstValues() {
    PeftModel<MultiLayerNetwork> one = random(5);
    PeftModel<MultiLayerNetwork> same = random(5);
    PeftModel<MultiLayerNetwork> other = random(6);

    assertThat(one.network().params()).isEqualTo(same.network().params());
    assertThat(one.network().params()).isNotEqualTo(other.network().params());
  }

  private static PeftModel<MultiLayerNetwork> random(long seed) {
    PeftModel<MultiLayerNetwork> tokens = TokenRowsInNetworkTest.model(1);
    return Peft.wrap(
        tokens.base(),
        TokenRowsInNetworkTest.config(0, 2).toBuilder().initWeights(false).build(),
        seed);
  }

  @Test
  void biasesOfTheModelCountOnceAsInHuggingFacePeft() {
    // 2·2 + 2 of each layer; Hugging Face PEFT trains biases in place.
    assertThat(model.trainableParameters().trainable()).isEqualTo(4);
    assertThat(model.trainableParameters().all()).isEqualTo(12);
    PeftModel<MultiLayerNetwork> whole =
        Peft.wrap(TwoLayers.network(), biasOf("first").toBuilder().modulesToSave("out").build());
    assertThat(whole.trainableParameters().trainable()).isEqualTo(2 + 6);
    assertThat(whole.trainableParameters().all()).isEqualTo(12 + 6);
  }
}
