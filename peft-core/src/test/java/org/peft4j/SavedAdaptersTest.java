package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.TwoLayers.biasOf;
import static org.peft4j.TwoLayers.output;
import static org.peft4j.TwoLayers.set;
import static org.peft4j.testing.Plain.assertClose;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.ModuleSelector;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsFile;

/** Adapters on their way to a folder and back. */
class SavedAdaptersTest {
  private static final double[] BIAS = {0.1, 1.0 / 3};

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private static PeftModel<MultiLayerNetwork> trained() {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(TwoLayers.network(), biasOf("first"));
    set(model, "default", BIAS);
    return model;
  }

  private static List<String> names(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  private JsonNode config() throws IOException {
    return new JsonMapper().readTree(folder.resolve("adapter_config.json").toFile());
  }

  @Test
  void doublesAreSavedWithoutRounding() {
    trained().save(folder);

    PeftModel<MultiLayerNetwork> loaded = Peft.load(TwoLayers.network(), folder);

    assertThat(loaded.active()).containsExactly("default");
    assertThat(loaded.network().params().toDoubleVector()).containsExactly(BIAS);
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("adapter_model.safetensors"))) {
      assertThat(file.tensors().keySet()).containsExactly(TwoLayers.FIRST);
      assertThat(file.tensor(TwoLayers.FIRST).dtype()).isEqualTo(DType.F64);
      assertThat(file.metadata()).containsEntry("format", "pt");
    }
  }

  @Test
  void aFolderHoldsConfigAndWeightsAndNothingElse() throws IOException {
    trained().save(folder);
    trained().save(folder);

    assertThat(names(folder)).containsExactly("adapter_config.json", "adapter_model.safetensors");
  }

  @Test
  void keysOfTheConfigAreSorted() throws IOException {
    trained().save(folder);

    List<String> keys = config().propertyStream().map(e -> e.getKey()).toList();

    assertThat(keys).isSorted().contains("peft_type", "target_modules", "bias");
  }

  @Test
  void theTargetsThatADefaultMeantAreWritten() throws IOException {
    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(TwoLayers.network(), BitFitConfig.builder().build());

    model.save(folder);

    // Every site of a method that needs no names has no JSON.
    assertThat(config().get("target_modules").isNull()).isTrue();
    PeftModel<MultiLayerNetwork> loaded = Peft.load(TwoLayers.network(), folder);
    assertThat(loaded.adapter("default").tensors())
        .containsOnlyKeys(TwoLayers.FIRST, TwoLayers.OUT);
    trained().save(folder);
    assertThat(config().get("target_modules")).hasToString("[\"first\"]");
  }

  @Test
  void theDefaultAdapterIsInTheFolderItselfAndOthersInFoldersOfTheirNames() throws IOException {
    PeftModel<MultiLayerNetwork> model = trained();
    model.addAdapter("second", biasOf("out"));

    model.save(folder);

    assertThat(names(folder))
        .containsExactly("adapter_config.json", "adapter_model.safetensors", "second");
    assertThat(names(folder.resolve("second")))
        .containsExactly("adapter_config.json", "adapter_model.safetensors");
  }

  @Test
  void oneAdapterCanBeSavedInAnyFolder() {
    PeftModel<MultiLayerNetwork> model = trained();
    model.addAdapter("second", biasOf("out"));
    model.setActive("second");
    set(model, "second", 5, 6);

    model.save("second", folder.resolve("new/deep"));

    PeftModel<MultiLayerNetwork> loaded =
        Peft.load(TwoLayers.network(), folder.resolve("new/deep"));
    assertClose(output(loaded), TwoLayers.output(TwoLayers.B1, new double[] {5, 6}));
    assertThatThrownBy(() -> model.save("third", folder)).hasMessageContaining("No adapter");
  }

  @Test
  void aLoadedAdapterWaitsToBeActivated() {
    trained().save(folder);
    PeftModel<MultiLayerNetwork> model = Peft.wrap(TwoLayers.network(), biasOf("out"));

    model.loadAdapter("saved", folder);

    assertThat(model.adapters()).containsExactly("default", "saved");
    assertClose(output(model), TwoLayers.output());
    model.setActive("saved");
    assertClose(output(model), TwoLayers.output(BIAS, TwoLayers.B2));
    assertThatThrownBy(() -> model.loadAdapter("saved", folder))
        .hasMessageContaining("exists already");
  }

  @Test
  void aSavedAdapterOfANetworkFitsAGraphWithTheSameNames() {
    trained().save(folder);

    PeftModel<ComputationGraph> graph = Peft.load(TwoLayers.graph(), folder);

    assertClose(graph.network().outputSingle(TwoLayers.x()), TwoLayers.output(BIAS, TwoLayers.B2));
  }

  @Test
  void swappingByTheSameConfigKeepsTheNetworksVector() {
    trained().save(folder);
    PeftModel<MultiLayerNetwork> model = Peft.wrap(TwoLayers.network(), biasOf("first"));
    INDArray vector = model.network().params();

    model.swapAdapter("default", folder);

    assertThat(vector.toDoubleVector()).containsExactly(BIAS);
  }

  @Test
  void swappingByAnotherConfigKeepsAnActiveAdapterActive() {
    trained().save(folder);
    PeftModel<MultiLayerNetwork> model = Peft.wrap(TwoLayers.network(), biasOf("first", "out"));

    model.swapAdapter("default", folder);

    assertThat(model.active()).containsExactly("default");
    assertThat(model.config("default")).isEqualTo(biasOf("first"));
    assertClose(output(model), TwoLayers.output(BIAS, TwoLayers.B2));
  }

  @Test
  void swappingByWhatIsNoAdapterChangesNothing() {
    PeftModel<MultiLayerNetwork> model = trained();

    assertThatThrownBy(() -> model.swapAdapter("default", folder))
        .isInstanceOf(PeftException.class);
    assertThatThrownBy(() -> model.swapAdapter("other", folder))
        .hasMessageContaining("No adapter \"other\"");

    assertClose(output(model), TwoLayers.output(BIAS, TwoLayers.B2));
  }

  @Test
  void aWholeModuleIsSavedBesideTheAdaptersOwnTensors() {
    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(TwoLayers.network(), biasOf("first").toBuilder().modulesToSave("out").build());
    Objects.requireNonNull(model.adapter("default").tensors().get("base_model.model.out.W"))
        .assign(0);

    model.save(folder);

    PeftModel<MultiLayerNetwork> loaded = Peft.load(TwoLayers.network(), folder);
    assertThat(loaded.adapter("default").tensors())
        .containsOnlyKeys(TwoLayers.FIRST, "base_model.model.out.W", TwoLayers.OUT);
    assertClose(output(loaded), new double[][] {{0, 1}, {0, 1}, {0, 1}});
    assertThat(loaded.config("default").common().targetModules())
        .contains(new ModuleSelector.Names(List.of("first")));
  }
}
