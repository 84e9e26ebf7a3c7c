package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.ModuleSelector;
import org.peft4j.error.PeftException;

/** The words all-linear and all-adaptable on networks of Deeplearning4j. */
class AllAdaptableTest {
  private static final INDArray X =
      Nd4j.linspace(-1, 1, 3 * 2 * 5 * 5).reshape('c', 3, 2, 5, 5).castTo(Nd4j.dataType());

  private final Path folder;

  AllAdaptableTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static MultiLayerNetwork images(boolean dense) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .updater(new Adam(0.01))
            .activation(Activation.TANH)
            .list()
            .layer(new ConvolutionLayer.Builder(2, 2).name("conv").nOut(3).build())
            .layer(new BatchNormalization.Builder().name("norm").build())
            .layer(new SeparableConvolution2D.Builder(2, 2).name("separable").nOut(3).build());
    if (dense) {
      list.layer(new DenseLayer.Builder().name("dense").nOut(4).build());
    }
    list.layer(
        new OutputLayer.Builder().name("out").nOut(2).activation(Activation.SOFTMAX).build());
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.setInputType(InputType.convolutional(5, 5, 2)).build());
    network.init();
    return network;
  }

  private static LoraConfig.Builder lora() {
    return LoraConfig.builder().rank(2).alpha(4);
  }

  private static List<String> planned(LoraConfig config) {
    return Peft.plan(images(true), config).adapters().stream()
        .map(adapter -> adapter.site().name())
        .distinct()
        .toList();
  }

  /** As in Hugging Face PEFT, where convolutions are no torch.nn.Linear. */
  @Test
  void allLinearIsDenseLayersButTheOutputAndNamesTheOtherWordWhereThereAreNone() {
    assertThat(planned(lora().targetAllLinear().build())).containsExactly("dense");
    assertThatThrownBy(() -> Peft.wrap(images(false), lora().targetAllLinear().build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("means linear maps that are no output head")
        .hasMessageContaining("conv (1 site)")
        .hasMessageContaining("all-adaptable");
  }

  @Test
  void allAdaptableIsEverythingThatTheMethodSupports() {
    assertThat(planned(lora().targetAllAdaptable().build()))
        .containsExactly("conv", "separable.pW", "separable.W", "dense", "out");
    assertThat(planned(lora().targetModules("all-adaptable").excludeModules("separable").build()))
        .containsExactly("conv", "dense", "out");
    assertThat(planned(lora().targetAllAdaptable().modulesToSave("out").build()))
        .contains("dense", "out")
        .hasSize(5);
  }

  @Test
  void itIsSavedAsTheListOfModulesAndLoads() throws IOException {
    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(images(true), lora().targetAllAdaptable().modulesToSave("out").build());
    INDArray parameters = model.network().params();
    parameters.addi(Nd4j.rand(parameters.dataType(), parameters.shape()).muli(0.3));
    INDArray expected = model.network().output(X).dup();

    model.save(folder);

    JsonNode json = new ObjectMapper().readTree(folder.resolve("adapter_config.json").toFile());
    assertThat(json.get("target_modules"))
        .hasToString("[\"conv\",\"separable.pW\",\"separable.W\",\"dense\"]");
    PeftModel<MultiLayerNetwork> loaded = Peft.load(images(true), folder);
    assertThat(loaded.network().output(X)).isEqualTo(expected);
    assertThat(loaded.config(Peft.DEFAULT_ADAPTER).common().targetModules())
        .contains(
            new ModuleSelector.Names(List.of("conv", "separable.pW", "separable.W", "dense")));
    loaded.save(folder.resolve("again"));
    assertThat(Peft.load(images(true), folder.resolve("again")).network().output(X))
        .isEqualTo(expected);
  }

  @Test
  void aPatternThatMeetsOtherLayersTooSaysWhatToLeaveOut() {
    assertThatThrownBy(() -> Peft.wrap(images(true), lora().targetRegex("conv|norm|dense").build()))
        .hasMessageContaining("Target norm is of the kind NORM")
        .hasMessageContaining("Or leave out with exclude_modules: norm (1 site)");
    assertThat(planned(lora().targetRegex("conv|norm|dense").excludeModules("norm").build()))
        .containsExactly("conv", "dense");
  }
}
