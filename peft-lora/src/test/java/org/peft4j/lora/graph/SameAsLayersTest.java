package org.peft4j.lora.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.testing.Values;

/** A graph of SameDiff with the weights of a Deeplearning4j network, and the same adapters. */
class SameAsLayersTest {
  private static final int ROWS = 5;
  private static final int IN = 6;
  private static final int WIDTH = 7;
  private static final int OUT = 3;

  private final INDArray x = Values.random(1, ROWS, IN);
  private final INDArray labels = Values.random(2, ROWS, OUT);
  private final LoraConfig config =
      LoraConfig.builder().rank(2).alpha(3).targetModules("below", "top").build();

  @Test
  void gradientsOfTheAdaptersAreTheSame() {
    MultiLayerNetwork network = network();
    PeftModel<MultiLayerNetwork> layers = Peft.wrap(network, config);
    PeftModel<SameDiff> graph = Peft.wrap(graph(network), config);
    Map<String, INDArray> tensors = graph.adapter("default").tensors();
    assertThat(tensors.keySet()).isEqualTo(layers.adapter("default").tensors().keySet());
    long seed = 10;
    for (String key : tensors.keySet()) {
      INDArray value = Values.random(seed++, tensors.get(key).shape());
      tensors.get(key).assign(value);
      layers.adapter("default").tensors().get(key).assign(value);
    }

    layers.network().setInput(x);
    layers.network().setLabels(labels);
    layers.network().computeGradientAndScore();
    Map<String, INDArray> expected = layers.adapter("default").gradients();
    Map<String, INDArray> actual =
        graph
            .network()
            .calculateGradients(Map.of("x", x, "labels", labels), names(tensors).values());

    names(tensors)
        .forEach(
            (key, name) ->
                assertThat(
                        actual
                            .get(name)
                            .sub(expected.get(key).div(ROWS))
                            .amaxNumber()
                            .doubleValue())
                    .as(name)
                    .isCloseTo(0, within(1e-12)));
    assertThat(graph.network().outputSingle(Map.of("x", x), "y"))
        .satisfies(
            y ->
                assertThat(
                        y.sub(layers.network().output(new DataSet(x, labels).getFeatures()))
                            .amaxNumber()
                            .doubleValue())
                    .isCloseTo(0, within(1e-12)));
  }

  /** From the keys of a file to the names of variables. */
  private static Map<String, String> names(Map<String, INDArray> tensors) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String key : tensors.keySet()) {
      names.put(key, "default/" + key.substring("base_model.model.".length()));
    }
    return names;
  }

  @Test
  void noGradientOfAFrozenProductIsComputed() {
    SameDiff graph = Peft.wrap(graph(network()), config).network();
    graph.calculateGradients(Map.of("x", x, "labels", labels), "default/below.lora_A.weight");
    List<String> operations =
        graph.getFunction("grad").getOps().values().stream()
            .map(op -> op.getOp().opName())
            .toList();
    assertThat(operations).contains("peft4j_graft_bp").noneMatch(name -> name.contains("matmul"));
  }

  static MultiLayerNetwork network() {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .updater(new Sgd(0.1))
            .dataType(DataType.DOUBLE)
            .list()
            .layer(
                new DenseLayer.Builder()
                    .name("below")
                    .nIn(IN)
                    .nOut(WIDTH)
                    .activation(Activation.TANH)
                    .build())
            .layer(
                new OutputLayer.Builder(LossFunction.MSE)
                    .name("top")
                    .nIn(WIDTH)
                    .nOut(OUT)
                    .activation(Activation.IDENTITY)
                    .build())
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    network.setParams(Values.random(4, 1, network.numParams()));
    return network;
  }

  static SameDiff graph(MultiLayerNetwork network) {
    SameDiff graph = SameDiff.create();
    SDVariable input = graph.placeHolder("x", DataType.DOUBLE, -1, IN);
    SDVariable goal = graph.placeHolder("labels", DataType.DOUBLE, -1, OUT);
    SDVariable below = graph.var("below", network.getParam("0_W").dup('c'));
    SDVariable bias = graph.var("b", network.getParam("0_b").dup('c').reshape(WIDTH).dup());
    SDVariable h = graph.math.tanh(input.mmul(below).add(bias));
    SDVariable top = graph.constant("top", network.getParam("1_W").dup('c'));
    SDVariable last = graph.var("c", network.getParam("1_b").dup('c').reshape(OUT).dup());
    SDVariable y = graph.nn.linear("y", h, top, last);
    graph.math.square(y.sub(goal)).mean("loss");
    graph.setLossVariables("loss");
    return graph;
  }
}
