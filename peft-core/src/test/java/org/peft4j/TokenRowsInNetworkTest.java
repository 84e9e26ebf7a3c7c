package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.testing.Plain.assertClose;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.error.PeftException;
import org.peft4j.token.TokenTuningConfig;

/** Rows of an embedding of three tokens that train, in a network that gives twice a row. */
class TokenRowsInNetworkTest {
  static final String KEY = "base_model.model.table.trainable_tokens_delta";

  private static final double[][] TABLE = {{1, 2}, {3, 4}, {5, 6}};
  private static final INDArray TOKENS = Nd4j.createFromArray(new double[][] {{0}, {1}, {2}, {1}});

  static TokenTuningConfig config(Integer... tokens) {
    return TokenTuningConfig.builder().targetModules("table").tokenIndices(tokens).build();
  }

  /** A model whose adapter trains these rows. */
  static PeftModel<MultiLayerNetwork> model(Integer... tokens) {
    return Peft.wrap(network(), config(tokens));
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.5))
                .list()
                .layer(new EmbeddingLayer.Builder().name("table").nIn(3).nOut(2).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MSE)
                        .name("out")
                        .nIn(2)
                        .nOut(2)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build())
                .build());
    network.init();
    network.getParam("0_W").assign(Nd4j.createFromArray(TABLE));
    network.getParam("1_W").assign(Nd4j.eye(2).muli(2));
    return network;
  }

  private static INDArray row(PeftModel<MultiLayerNetwork> model, String adapter) {
    return Objects.requireNonNull(model.adapter(adapter).tensors().get(KEY));
  }

  private static INDArray output(PeftModel<MultiLayerNetwork> model) {
    return model.network().output(TOKENS);
  }

  @Test
  void aTrainedRowStandsInForTheFrozenOne() {
    PeftModel<MultiLayerNetwork> model = model(1);
    assertClose(row(model, "default"), new double[][] {{3, 4}});

    row(model, "default").assign(-1);

    assertClose(output(model), new double[][] {{2, 4}, {-2, -2}, {10, 12}, {-2, -2}});
  }

  @Test
  void aStepMovesTheRowByTheMeanOverTheBatch() {
    PeftModel<MultiLayerNetwork> model = model(1);

    // The loss is the mean of the squares of two outputs, so that 2·y·2/2 flows into a row; the
    // row is there in two of four examples: (3, 4) − 0.5·(2·4·(3, 4))/4.
    model.network().fit(TOKENS, Nd4j.zeros(DataType.DOUBLE, 4, 2));

    assertClose(row(model, "default"), new double[][] {{0, 0}});
  }

  @Test
  void adaptersOfDifferentRowsActTogether() {
    PeftModel<MultiLayerNetwork> model = model(1);
    model.addAdapter("last", config(2));
    row(model, "default").assign(-1);
    row(model, "last").assign(7);

    model.setActive("default", "last");

    assertClose(output(model), new double[][] {{2, 4}, {-2, -2}, {14, 14}, {-2, -2}});
    try (AdapterScope scope = model.merged()) {
      assertClose(output(model), new double[][] {{2, 4}, {-2, -2}, {14, 14}, {-2, -2}});
    }
    assertClose(model.base().getParam("0_W"), TABLE, 0);
  }

  @Test
  void eachExampleHasItsAdapter() {
    PeftModel<MultiLayerNetwork> model = model(1);
    model.addAdapter("other", config(1, 2));
    row(model, "default").assign(-1);
    row(model, "other").assign(7);
    model.setActive("default", "other");

    try (AdapterScope scope =
        model.adapterOfEachRow(List.of("other", "default", "other", PeftModel.BASE))) {
      assertClose(output(model), new double[][] {{2, 4}, {-2, -2}, {14, 14}, {6, 8}});
    }
  }

  @Test
  void rowsAreForActiveAdaptersAndOneScopeAtATime() {
    PeftModel<MultiLayerNetwork> model = model(1);
    model.addAdapter("other", config(2));

    assertThatThrownBy(() -> model.adapterOfEachRow(List.of("other")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"other\" is not active. Active are: [default]; __base__ means no adapter.");
    try (AdapterScope scope = model.adapterOfEachRow(List.of("default"))) {
      assertThatThrownBy(() -> model.adapterOfEachRow(List.of("default")))
          .hasMessage(
              "Each row has an adapter now; close that scope before giving each row another.");
      assertThatThrownBy(() -> model.setActive("other"))
          .hasMessage(
              "Each row has an adapter now; close that scope before changing the active adapters.");
      assertThat(model.active()).containsExactly("default");
    }
    model.setActive("other");
  }

  @Test
  void copiesOfParametersActOnAllRowsOrNone() {
    PeftModel<MultiLayerNetwork> model = TwoLayers.with("first");

    assertThatThrownBy(() -> model.adapterOfEachRow(List.of("first")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"first\" at first cannot act on some rows of a batch and not on others: it"
                + " has a copy of the base model's own parameters there. Make a batch for each"
                + " adapter.");
  }

  @Test
  void tasksReturnToWhatTheyWere() {
    PeftModel<MultiLayerNetwork> model = model(1);
    model.setTasks(3);

    try (AdapterScope scope = model.tasksOfEachRow(List.of(0, 1));
        AdapterScope same = model.tasksOfEachRow(List.of())) {
      assertClose(output(model), new double[][] {{2, 4}, {6, 8}, {10, 12}, {6, 8}});
    }
  }

  @Test
  void aTokenBeyondTheTableIsRefused() {
    assertThatThrownBy(() -> model(3))
        .isInstanceOf(PeftException.class)
        .hasMessage("Token id 3 is beyond the vocabulary of table; allowed: 0 to 2.");
  }

  @Test
  void aPlainNetworkHasNoDefaultTargetAndIsToldItsSites() {
    assertThatThrownBy(
            () -> Peft.wrap(network(), TokenTuningConfig.builder().tokenIndices(1).build()))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "The config names no target_modules, and there is no default for a model without a"
                + " type. Name some of: ");
  }
}
