package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.testing.Plain.assertClose;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Zips of Deeplearning4j hold the active adapters' parameters only. */
class RestoredNetworksTest {
  private final Path folder;

  RestoredNetworksTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private File zip() {
    return folder.resolve("network.zip").toFile();
  }

  @Test
  void aZipOfAnotherActiveAdapterIsRefused() throws IOException {
    PeftModel<MultiLayerNetwork> model = Peft.bare(TwoLayers.network(), 1);
    model.addAdapter("a", TwoLayers.biasOf("first"));
    model.addAdapter("b", TwoLayers.biasOf("first"));
    model.setActive("a");
    TwoLayers.set(model, "a", 3, 4);
    INDArray expected = TwoLayers.output(model).dup();
    ModelSerializer.writeModel(model.network(), zip(), true);

    assertThat(ModelSerializer.restoreMultiLayerNetwork(zip()).output(TwoLayers.x()))
        .isEqualTo(expected);
    model.setActive("b");
    assertThatThrownBy(() -> ModelSerializer.restoreMultiLayerNetwork(zip()))
        .hasStackTraceContaining("This network was saved with the adapters [a: ")
        .hasStackTraceContaining("Activate the same with setActive");
  }

  @Test
  void aGraphsZipOfAnotherActiveAdapterIsRefused() throws IOException {
    PeftModel<ComputationGraph> model = Peft.wrap(TwoLayers.graph(), TwoLayers.biasOf("first"));
    ModelSerializer.writeModel(model.network(), zip(), true);
    model.addAdapter("b", TwoLayers.biasOf("first"));
    model.setActive("b");

    assertThatThrownBy(() -> ModelSerializer.restoreComputationGraph(zip()))
        .hasStackTraceContaining("This network was saved with the adapters [default: ");
  }

  /** The base model's weights and what is disabled are the model's, in every restored network. */
  @Test
  void aRestoredNetworkFollowsTheModelsScopes() throws IOException {
    PeftModel<MultiLayerNetwork> model = TwoLayers.with("first");
    TwoLayers.set(model, "first", 3, 4);
    ModelSerializer.writeModel(model.network(), zip(), true);
    MultiLayerNetwork restored = ModelSerializer.restoreMultiLayerNetwork(zip());
    double[][] adapted = TwoLayers.output(new double[] {3, 4}, TwoLayers.B2);

    assertClose(restored.output(TwoLayers.x()), adapted);
    try (var off = model.adaptersDisabled()) {
      assertClose(restored.output(TwoLayers.x()), TwoLayers.output());
    }
    try (var merged = model.merged()) {
      assertClose(restored.output(TwoLayers.x()), adapted);
    }
    restored.params().addi(1);
    assertClose(TwoLayers.output(model), adapted);
  }
}
