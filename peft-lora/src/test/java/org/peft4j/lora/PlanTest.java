package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.Bias;
import org.peft4j.error.PeftException;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.PlannedTensor;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

/** A plan tells of an adapter what is true of it once it is made. */
class PlanTest {
  static Stream<LayerCase> sites() {
    return LoraLayers.all();
  }

  @ParameterizedTest
  @MethodSource("sites")
  void aPlanIsWhatWrappingMakes(LayerCase site, @TempDir Path folder) throws IOException {
    assertPlanned(site.base(), LoraLayers.config(site).build(), folder);
  }

  @ParameterizedTest
  @MethodSource("sites")
  void aPlanCountsBiasesAndSavedModulesAsHuggingFaceDoes(LayerCase site, @TempDir Path folder)
      throws IOException {
    LoraConfig.Builder config = LoraLayers.config(site).bias(Bias.ALL);
    assertPlanned(site.base(), config.build(), folder.resolve("biases"));
    if (!site.target().equals("out")) {
      assertPlanned(site.base(), config.modulesToSave("out").build(), folder.resolve("saved"));
    }
  }

  private static void assertPlanned(MultiLayerNetwork base, LoraConfig config, Path folder)
      throws IOException {
    AdapterPlan plan = Peft.plan(base, config);

    try (PeftModel<MultiLayerNetwork> model = Peft.wrap(base, config)) {
      model.save(folder);
      assertThat(plan.parameters()).isEqualTo(model.trainableParameters());
      assertThat(new LinkedHashSet<>(plan.sites())).isEqualTo(model.adaptedSites());
      assertThat(keys(plan)).containsExactlyElementsOf(model.adapter("default").tensors().keySet());
      assertThat(plan.fileBytes())
          .isEqualTo(Files.size(folder.resolve("adapter_model.safetensors")));
      long trainable = model.network().params().length();
      assertThat(plan.memory())
          .isEqualTo(
              new TrainingMemory(
                  4 * base.numParams(), 4 * trainable, 4 * trainable, 8 * trainable, 0));
    }
  }

  private static List<String> keys(AdapterPlan plan) {
    List<String> keys = new ArrayList<>();
    plan.adapters().forEach(a -> a.tensors().stream().map(PlannedTensor::key).forEach(keys::add));
    return keys;
  }

  @Test
  void aPlanOfAGraphLeavesItUsable() {
    ComputationGraph base = SmallModel.graph();
    LoraConfig config = LoraConfig.builder().targetModules("dense1").build();

    AdapterPlan plan = Peft.plan(base, config);

    try (PeftModel<ComputationGraph> model = Peft.wrap(base, config)) {
      assertThat(plan.parameters()).isEqualTo(model.trainableParameters());
    }
  }

  @Test
  void activationsOfAGraphAreItsOutputsAndFourOfTheLargest() {
    ComputationGraph base = SmallModel.graph();
    LoraConfig config = LoraConfig.builder().targetModules("dense1").build();
    InputType input = InputType.feedForward(SmallModel.IN);

    AdapterPlan plan = Peft.plan(base, config, 12, input);

    assertThat(plan.memory().activations()).isEqualTo(4 * 12 * (8 + 8 + 3 + 4 * 8));
    assertThat(plan.withActivations(0)).isEqualTo(Peft.plan(base, config));
    assertThatThrownBy(() -> Peft.plan(base, config, 12, input, input))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("do not fit this network");
  }

  @Test
  void mistakesAreTold() {
    LayerCase dense = LayerCases.named("dense");
    MultiLayerNetwork base = dense.base();
    LoraConfig config = LoraLayers.config(dense).build();

    assertThatThrownBy(() -> Peft.plan(base, LoraConfig.builder().targetModules("lyer").build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Nearest: layer (1 site)");
    assertThatThrownBy(() -> Peft.plan(base, config, 0, dense.inputType()))
        .isInstanceOf(PeftException.class)
        .hasMessage("The batch is 0; allowed: 1 and above.");
    assertThatThrownBy(() -> Peft.plan(base, config, 2, InputType.recurrent(5)))
        .isInstanceOf(PeftException.class);
  }

  @Test
  void sequencesWithoutALengthAreRefused() {
    LayerCase lstm = LayerCases.named("lstm");

    assertThatThrownBy(
            () ->
                Peft.plan(lstm.base(), LoraLayers.config(lstm).build(), 2, InputType.recurrent(5)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("InputType.recurrent(size, length)");
  }
}
