package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.testing.NetworkSlopes;

/**
 * {@code lora_bias}: B's bias enters where the layer adds its own, so that merging changes nothing.
 */
class LoraBiasTest {
  private static MultiLayerNetwork network(Layer... layers) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .dataType(DataType.DOUBLE)
            .updater(new NoOp())
            .activation(Activation.TANH)
            .list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.setInputType(InputType.feedForward(3)).build());
    network.init();
    return network;
  }

  private static LoraConfig config(String target) {
    return LoraConfig.builder().rank(2).loraBias(true).targetModules(target).build();
  }

  private static PeftModel<MultiLayerNetwork> lively(MultiLayerNetwork base, String target) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, config(target));
    Nd4j.getRandom().setSeed(4);
    model
        .adapter("default")
        .tensors()
        .values()
        .forEach(tensor -> tensor.assign(Nd4j.rand(DataType.DOUBLE, tensor.shape())));
    return model;
  }

  private static MultiLayerNetwork dense(boolean norm) {
    return network(
        new DenseLayer.Builder().name("dense").nOut(4).hasLayerNorm(norm).build(),
        new OutputLayer.Builder(LossFunction.MSE)
            .name("out")
            .nOut(2)
            .activation(Activation.IDENTITY)
            .build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense", "out"})
  void itTrainsAndMergesWhereTheLayerHasABias(String target) {
    PeftModel<MultiLayerNetwork> model = lively(dense(false), target);
    INDArray x = Nd4j.rand(DataType.DOUBLE, 5, 3);
    INDArray y = Nd4j.rand(DataType.DOUBLE, 5, 2);

    NetworkSlopes.assertGradients(model.network(), new DataSet(x, y));
    assertThat(model.mergeDifference(x)).isLessThan(1e-12);
    INDArray with = model.network().output(x);
    model.adapter("default").tensors().values().stream()
        .filter(tensor -> tensor.rank() == 1)
        .forEach(bias -> bias.assign(0));
    assertThat(model.network().output(x)).isNotEqualTo(with);
  }

  @Test
  void itIsRefusedWhereALayerNormalisationLiesBetween() {
    assertThatThrownBy(() -> Peft.wrap(dense(true), config("dense")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "lora_bias is impossible at dense: the layer adds no bias right after this product. Set"
                + " lora_bias to false, or exclude the module.");
  }

  @Test
  void withALayerNormalisationTheOutputLayersBiasIsFreeAllTheSame() {
    PeftModel<MultiLayerNetwork> model = lively(dense(true), "out");
    assertThat(model.mergeDifference(Nd4j.rand(DataType.DOUBLE, 5, 3))).isLessThan(1e-12);
  }
}
