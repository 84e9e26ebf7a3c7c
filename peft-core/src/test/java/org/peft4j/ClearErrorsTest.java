package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.error.PeftException;

/** What cannot be done says so, in place of a null pointer or of nothing at all. */
class ClearErrorsTest {
  private final PeftModel<MultiLayerNetwork> model = TwoLayers.with("first");

  private static void assertRefused(ThrowingCallable act, String message) {
    assertThatThrownBy(act).isInstanceOf(PeftException.class).hasMessageContaining(message);
  }

  @Test
  void aClosedModelComputesTrainsAndSavesNothing() {
    model.close();
    model.close();

    String closed = "This model is closed";
    assertRefused(() -> model.network().output(TwoLayers.x()), closed);
    assertRefused(() -> model.network().fit(TwoLayers.data()), closed);
    assertRefused(() -> model.network().score(TwoLayers.data()), closed);
    assertRefused(() -> model.save(Path.of("nowhere")), closed);
    assertRefused(() -> model.addAdapter("more", TwoLayers.biasOf("out")), closed);
    assertRefused(() -> model.loadAdapter("more", Path.of("nowhere")), closed);
    assertRefused(() -> model.setActive(), closed);
    assertRefused(model::merged, closed);
    assertRefused(model::mergeAndUnload, closed);
    assertRefused(model::adaptersDisabled, closed);
  }

  @Test
  void withoutAdaptersThereIsNothingToTrainOrToSave() {
    PeftModel<ComputationGraph> graph = Peft.bare(TwoLayers.graph(), 1);
    model.setActive();

    assertRefused(() -> model.network().fit(TwoLayers.data()), "No adapter is active");
    assertRefused(() -> graph.network().fit(TwoLayers.data()), "No adapter is active");
    assertRefused(
        () -> graph.network().fit(new ListDataSetIterator<>(List.of(TwoLayers.data()))),
        "No adapter is active");
    assertRefused(() -> graph.save(Path.of("nowhere")), "There is no adapter to save");
  }

  @Test
  void whatOnlyTheBaseModelCanDoIsSaid() {
    PeftModel<ComputationGraph> graph = Peft.wrap(TwoLayers.graph(), TwoLayers.biasOf("first"));
    var data = new ListDataSetIterator<>(List.of(TwoLayers.data()));

    assertRefused(() -> model.network().pretrain(data), "Layerwise pretraining");
    assertRefused(() -> model.network().pretrainLayer(0, TwoLayers.x()), "Layerwise pretraining");
    assertRefused(() -> graph.network().pretrain(data), "Layerwise pretraining");
    assertRefused(() -> graph.network().pretrainLayer("first", data), "Layerwise pretraining");
    assertRefused(() -> model.network().toComputationGraph(), "toComputationGraph would copy");
    assertRefused(
        () -> model.network().convertDataType(DataType.FLOAT), "convertDataType would copy");
    assertRefused(
        () -> graph.network().convertDataType(DataType.FLOAT), "convertDataType would copy");
  }

  @Test
  void aWrappedNetworkIsNotWrappedAgain() {
    PeftModel<ComputationGraph> graph = Peft.wrap(TwoLayers.graph(), TwoLayers.biasOf("first"));

    assertRefused(() -> Peft.wrap(model.network(), TwoLayers.biasOf("out")), "is wrapped already");
    assertRefused(
        () -> Peft.wrap(graph.network().clone(), TwoLayers.biasOf("out")), "is wrapped already");
    assertRefused(() -> Peft.plan(graph.network(), TwoLayers.biasOf("out")), "is wrapped already");
  }

  @Test
  void aModelThatIsNotInitialisedIsTold() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new DenseLayer.Builder().nIn(2).nOut(2).build())
                .layer(new OutputLayer.Builder().nIn(2).nOut(2).build())
                .build());

    assertRefused(() -> Peft.wrap(network, TwoLayers.biasOf("0")), "call init() on it");
  }

  @Test
  void twoLayersOfOneNameAreRefused() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new DenseLayer.Builder().name("same").nIn(2).nOut(2).build())
                .layer(new DenseLayer.Builder().name("same").nIn(2).nOut(2).build())
                .layer(new OutputLayer.Builder().nIn(2).nOut(2).build())
                .build());
    network.init();

    assertRefused(() -> Peft.bare(network, 1), "Two modules of this network are named same");
  }

  @Test
  void aVertexNamedLikeAnothersWeightIsRefused() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .addLayer("a", new DenseLayer.Builder().nIn(2).nOut(2).build(), "in")
                .addLayer("a.output", new DenseLayer.Builder().nIn(2).nOut(2).build(), "a")
                .addLayer("out", new OutputLayer.Builder().nIn(2).nOut(2).build(), "a.output")
                .setOutputs("out")
                .build());
    graph.init();

    assertRefused(() -> Peft.bare(graph, 1), "Two modules of this network are named a.output");
  }

  @Test
  void twoAdaptersThatDeeplearning4jCannotTellApartAreNotActiveTogether() {
    PeftModel<MultiLayerNetwork> both = Peft.bare(TwoLayers.network(), 1);
    both.addAdapter("a_b", TwoLayers.biasOf("first"));
    both.addAdapter("a-b", TwoLayers.biasOf("first"));

    assertRefused(() -> both.setActive("a_b", "a-b"), "which has no underscore in its keys");
    both.setActive("a-b");
    assertThat(both.active()).containsExactly("a-b");
  }

  @Test
  void theWidthsOfLayersAreTheBaseModels() {
    MultiLayerNetwork base = model.base();
    PeftModel<ComputationGraph> graph = Peft.wrap(TwoLayers.graph(), TwoLayers.biasOf("first"));

    for (int i = 0; i < base.getnLayers(); i++) {
      assertThat(model.network().layerSize(i)).isEqualTo(base.layerSize(i)).isPositive();
      assertThat(model.network().layerInputSize(i)).isEqualTo(base.layerInputSize(i));
    }
    assertThat(graph.network().layerSize("out")).isEqualTo(2);
    assertThat(graph.network().layerInputSize("first")).isEqualTo(2);
  }
}
