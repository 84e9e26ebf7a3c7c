package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;

/** An adapter for each row of a batch, in graphs. */
class RowsOfGraphsTest {
  private static final List<String> NAMES = List.of("default", PeftModel.BASE, "second");

  private static GraphBuilder builder() {
    return new NeuralNetConfiguration.Builder()
        .seed(5)
        .updater(new Sgd(0.1))
        .activation(Activation.TANH)
        .graphBuilder()
        .addInputs("in");
  }

  private static ComputationGraph made(GraphBuilder builder) {
    ComputationGraph graph = new ComputationGraph(builder.build());
    graph.init();
    return graph;
  }

  private static PeftModel<ComputationGraph> withTwo(ComputationGraph base, String... targets) {
    LoraConfig config = LoraConfig.builder().rank(2).alpha(4).targetModules(targets).build();
    PeftModel<ComputationGraph> model = Peft.wrap(base, config);
    model.addAdapter("second", config);
    Nd4j.getRandom().setSeed(4);
    for (String name : model.adapters()) {
      model
          .adapter(name)
          .tensors()
          .values()
          .forEach(value -> value.addi(Nd4j.rand(value.dataType(), value.shape())));
    }
    model.setActive("default", "second");
    return model;
  }

  private static INDArray row(INDArray array, int row) {
    return array.get(NDArrayIndex.interval(row, row + 1)).dup('c');
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sequencesWithAndWithoutMasksAreAsIfAlone(boolean masked) {
    PeftModel<ComputationGraph> model =
        withTwo(
            made(
                builder()
                    .addLayer("lstm", new LSTM.Builder().nOut(4).build(), "in")
                    .addLayer(
                        "out",
                        new RnnOutputLayer.Builder().nOut(2).activation(Activation.SOFTMAX).build(),
                        "lstm")
                    .setOutputs("out")
                    .setInputTypes(InputType.recurrent(3, 5))),
            "lstm",
            "out");
    INDArray x = Nd4j.rand(DataType.FLOAT, 3, 3, 5);
    INDArray mask =
        Nd4j.createFromArray(new float[][] {{1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}, {1, 1, 1, 0, 0}});
    INDArray together;
    try (var rows = model.adapterOfEachRow(NAMES)) {
      together = output(model, x, masked ? mask : null);
    }

    for (int row = 0; row < 3; row++) {
      String name = NAMES.get(row);
      model.setActive(name.equals(PeftModel.BASE) ? List.of() : List.of(name));
      INDArray alone = output(model, row(x, row), masked ? row(mask, row) : null);
      assertThat(row(together, row).distance2(alone)).as(name).isLessThan(1e-5);
    }
  }

  private static INDArray output(
      PeftModel<ComputationGraph> model,
      INDArray x,
      @org.jspecify.annotations.Nullable INDArray mask) {
    return model
        .network()
        .output(
            false,
            new INDArray[] {x},
            mask == null ? null : new INDArray[] {mask},
            mask == null ? null : new INDArray[] {mask})[0]
        .dup('c');
  }

  @Test
  void rowsThatAVertexStacksAreRefused() {
    PeftModel<ComputationGraph> model =
        withTwo(
            made(
                builder()
                    .addVertex("stack", new StackVertex(), "in", "in")
                    .addLayer("dense", new DenseLayer.Builder().nIn(3).nOut(4).build(), "stack")
                    .addLayer("out", new OutputLayer.Builder().nIn(4).nOut(2).build(), "dense")
                    .setOutputs("out")),
            "dense");
    INDArray x = Nd4j.rand(DataType.FLOAT, 3, 3);

    try (var rows = model.adapterOfEachRow(NAMES)) {
      assertThatThrownBy(() -> model.network().output(x))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("dense");
    }
    assertThat(model.network().outputSingle(x).shape()).containsExactly(6, 2);
  }
}
