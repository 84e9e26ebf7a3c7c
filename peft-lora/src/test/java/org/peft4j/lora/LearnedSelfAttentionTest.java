package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/**
 * Deeplearning4j 1.0.0-M2.1 cannot run this layer, in a plain network or a wrapped one, as
 * docs/deeplearning4j.md says. Once this test fails, the row there goes.
 */
class LearnedSelfAttentionTest {
  private static final INDArray FEATURES = Nd4j.rand(3, 4, 5);

  private static MultiLayerNetwork network(boolean project, int heads, int queries) {
    LearnedSelfAttentionLayer.Builder layer =
        new LearnedSelfAttentionLayer.Builder()
            .nHeads(heads)
            .nQueries(queries)
            .projectInput(project);
    if (project) {
      layer.nOut(4).headSize(2);
    }
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .list()
                .layer(layer.build())
                .layer(new GlobalPoolingLayer.Builder(PoolingType.MAX).build())
                .layer(new OutputLayer.Builder().nOut(2).build())
                .setInputType(InputType.recurrent(4, 5))
                .build());
    network.init();
    return network;
  }

  @ParameterizedTest
  @CsvSource({"true, 1, 1", "true, 2, 3", "false, 1, 2"})
  void everyForwardPassFails(boolean project, int heads, int queries) {
    MultiLayerNetwork network = network(project, heads, queries);
    assertThat(network.numParams()).isPositive();
    assertFails(network);
    try (PeftModel<MultiLayerNetwork> model =
        Peft.wrap(network, LoraConfig.builder().rank(2).targetModules("layer2").build())) {
      assertFails(model.network());
    }
    if (project) {
      try (PeftModel<MultiLayerNetwork> model =
          Peft.wrap(network, LoraConfig.builder().rank(2).targetModules("layer0").build())) {
        assertThat(model.adaptedSites()).hasSize(4);
        assertFails(model.network());
      }
    }
  }

  private static void assertFails(MultiLayerNetwork network) {
    assertThatThrownBy(() -> network.output(FEATURES))
        .isInstanceOf(RuntimeException.class)
        .hasMessageContaining("scatter_update");
  }
}
