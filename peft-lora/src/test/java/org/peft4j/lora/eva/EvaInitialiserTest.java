package org.peft4j.lora.eva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.lora.loha.LoHaConfig;

/**
 * EVA on a network of two layers. The inputs of the first, of 5 features, vary along two axes: by 3
 * along the second, by 1 along the fourth.
 */
class EvaInitialiserTest {
  private static final String NAME = Peft.DEFAULT_ADAPTER;
  private static final INDArray INPUTS =
      Nd4j.createFromArray(
          new double[][] {{1, 3, 2, 0, 0}, {1, -3, 2, 0, 0}, {1, 0, 2, 1, 0}, {1, 0, 2, -1, 0}});

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(7)
                .dataType(DataType.DOUBLE)
                .list()
                .layer(
                    new DenseLayer.Builder()
                        .name("layer")
                        .nIn(5)
                        .nOut(4)
                        .activation(Activation.TANH)
                        .build())
                .layer(new OutputLayer.Builder().name("out").nIn(4).nOut(3).build())
                .build());
    network.init();
    return network;
  }

  private static PeftModel<MultiLayerNetwork> model(LoraConfig.Builder config) {
    return Peft.wrap(network(), config.targetModules("layer").build());
  }

  private static INDArray a(PeftModel<?> model) {
    String key = "base_model.model.layer.lora_A.weight";
    return Objects.requireNonNull(model.adapter(NAME).tensors().get(key));
  }

  private static void apply(PeftModel<MultiLayerNetwork> model, EvaSettings settings) {
    EvaInitialiser eva = new EvaInitialiser(model, NAME, settings);
    eva.observe(() -> model.network().output(INPUTS));
    eva.apply();
  }

  @Test
  void aBeginsAsTheComponentsAndTheModelStays() {
    try (PeftModel<MultiLayerNetwork> model = model(LoraConfig.builder().rank(2).alpha(4))) {
      INDArray before = model.network().output(INPUTS);

      apply(model, new EvaSettings(1, false, true));

      assertThat(Math.abs(a(model).getDouble(0, 1))).isCloseTo(1, within(1e-9));
      assertThat(Math.abs(a(model).getDouble(1, 3))).isCloseTo(1, within(1e-9));
      assertThat(model.network().output(INPUTS)).isEqualTo(before);
    }
  }

  /** Singular values of the centred inputs: √18 and √2. */
  @Test
  void whitenedComponentsAreDividedByTheRootsOfTheirValues() {
    try (PeftModel<MultiLayerNetwork> model = model(LoraConfig.builder().rank(2).alpha(4))) {
      apply(model, new EvaSettings(1, true, true));

      assertThat(a(model).getRow(0).norm2Number().doubleValue())
          .isCloseTo(Math.pow(18, -0.25), within(1e-9));
      assertThat(a(model).getRow(1).norm2Number().doubleValue())
          .isCloseTo(Math.pow(2, -0.25), within(1e-9));
    }
  }

  /**
   * The inputs of the first layer vary as much along each of four axes, a quarter each. Its
   * features are all the same, so those of the second vary along one. Of four ranks they get 3 and
   * 1.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ranksMoveAndTheScaleStaysUnlessAlphaDoes(boolean adjust) {
    INDArray axes = Nd4j.eye(5).castTo(DataType.DOUBLE).get(NDArrayIndex.interval(0, 4));
    INDArray inputs = Nd4j.concat(0, axes, axes.neg());
    LoraConfig config = LoraConfig.builder().rank(2).alpha(6).targetModules("layer", "out").build();
    MultiLayerNetwork network = network();
    network.getLayer(0).getParam("W").assign(0.5);
    try (PeftModel<MultiLayerNetwork> model = Peft.wrap(network, config)) {
      EvaInitialiser eva = new EvaInitialiser(model, NAME, new EvaSettings(2, false, adjust));
      eva.observe(() -> model.network().output(inputs));

      eva.apply();

      List<LoraShape> shapes =
          model.adapter(NAME).parts().stream().map(part -> ((LowRankPart) part).shape()).toList();
      assertThat(shapes).extracting(LoraShape::rank).containsExactly(3, 1);
      assertThat(shapes)
          .allSatisfy(
              shape ->
                  assertThat(shape.scale())
                      .isCloseTo(adjust ? 3 : 6.0 / shape.rank(), within(1e-12)));
    }
  }

  @Test
  void rowsAreMarkedOneByOne() {
    try (PeftModel<MultiLayerNetwork> model = model(LoraConfig.builder().rank(1))) {
      EvaInitialiser eva = new EvaInitialiser(model, NAME, EvaSettings.DEFAULT);

      assertThatThrownBy(
              () -> eva.observe(() -> model.network().output(INPUTS), new boolean[] {true}))
          .isInstanceOf(PeftException.class)
          .hasMessage("1 rows are marked, but layer got 4.");
    }
  }

  @Test
  void onlyAFreshPlainLoraHasAStartToChoose() {
    try (PeftModel<MultiLayerNetwork> model =
        Peft.wrap(network(), LoHaConfig.builder().rank(1).targetModules("layer").build())) {
      assertThatThrownBy(() -> new EvaInitialiser(model, NAME, EvaSettings.DEFAULT))
          .isInstanceOf(PeftException.class)
          .hasMessage("Adapter \"default\" is of LOHA, not LORA.");
      model.addAdapter("idle", LoraConfig.builder().targetModules("layer").build());
      assertThatThrownBy(() -> new EvaInitialiser(model, "idle", EvaSettings.DEFAULT))
          .isInstanceOf(PeftException.class)
          .hasMessage("Adapter \"idle\" is not active; EVA needs its inputs.");
    }
    try (PeftModel<MultiLayerNetwork> model = model(LoraConfig.builder().loraBias(true))) {
      assertThatThrownBy(() -> new EvaInitialiser(model, NAME, EvaSettings.DEFAULT))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("EVA is for plain LoRA on linear modules; layer");
    }
  }
}
