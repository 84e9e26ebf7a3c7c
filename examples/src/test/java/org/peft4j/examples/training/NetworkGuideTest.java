package org.peft4j.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingGraphTrainer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;

/** The code of the guide to Deeplearning4j networks. */
class NetworkGuideTest {
  private static final LoraConfig CONFIG =
      LoraConfig.builder().rank(2).alpha(4).targetModules("dense").build();

  private final Path folder;

  NetworkGuideTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static ComputationGraph base() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Adam(0.05))
                .activation(Activation.TANH)
                .graphBuilder()
                .addInputs("in")
                .addLayer("dense", new DenseLayer.Builder().nIn(3).nOut(6).build(), "in")
                .addLayer(
                    "out",
                    new OutputLayer.Builder().nIn(6).nOut(2).activation(Activation.SOFTMAX).build(),
                    "dense")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private static DataSetIterator data() {
    Nd4j.getRandom().setSeed(3);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 6, 2);
    for (int row = 0; row < 6; row++) {
      labels.putScalar(row, row % 2, 1);
    }
    DataSet rows = new DataSet(Nd4j.rand(DataType.FLOAT, 6, 3), labels);
    return new ListDataSetIterator<>(List.of(rows), 6);
  }

  /** Adam's moments and its bias correction count: without them the steps are others. */
  @Test
  void trainingGoesOnInAnotherProcessAsIfItHadNotStopped() {
    DataSetIterator iterator = data();
    PeftModel<ComputationGraph> whole = Peft.wrap(base(), CONFIG);
    whole.network().fit(iterator, 6);
    PeftModel<ComputationGraph> model = Peft.wrap(base(), CONFIG);
    model.network().fit(iterator, 3);
    File state = folder.resolve("updater.bin").toFile();
    save(model, state);

    PeftModel<ComputationGraph> resumed = resumed(base(), state);
    resumed.network().fit(iterator, 3);
    PeftModel<ComputationGraph> fresh = Peft.load(base(), folder);
    fresh.network().fit(iterator, 3);

    INDArray expected = whole.network().params();
    assertThat(resumed.network().params().equalsWithEps(expected, 1e-6)).isTrue();
    assertThat(fresh.network().params().equalsWithEps(expected, 1e-3)).isFalse();
  }

  private void save(PeftModel<ComputationGraph> model, File state) {
    try {
      model.save(folder);
      Nd4j.saveBinary(model.network().getUpdater().getStateViewArray(), state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private PeftModel<ComputationGraph> resumed(ComputationGraph base, File state) {
    try {
      PeftModel<ComputationGraph> model = Peft.load(base, folder);
      model.network().getUpdater().setStateViewArray(Nd4j.readBinary(state));
      model.network().getConfiguration().setIterationCount(3);
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theBestModelOfEarlyStoppingIsACopyWhoseValuesAreTakenBack() {
    DataSetIterator iterator = data();
    DataSetIterator held = data();
    PeftModel<ComputationGraph> model = Peft.wrap(base(), CONFIG);
    EarlyStoppingConfiguration<ComputationGraph> stopping =
        new EarlyStoppingConfiguration.Builder<ComputationGraph>()
            .epochTerminationConditions(new MaxEpochsTerminationCondition(4))
            .scoreCalculator(new DataSetLossCalculator(held, true))
            .modelSaver(new InMemoryModelSaver<>())
            .build();

    EarlyStoppingResult<ComputationGraph> result =
        new EarlyStoppingGraphTrainer(stopping, model.network(), iterator).fit();
    model.network().setParams(result.getBestModel().params());
    model.save(folder);

    assertThat(Peft.load(base(), folder).network().params())
        .isEqualTo(result.getBestModel().params());
    DataSet rows = data().next();
    assertThat(model.network().score(rows)).isEqualTo(result.getBestModel().score(rows));
  }
}
