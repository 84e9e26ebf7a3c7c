package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.parallel.LocalSteps;
import org.peft4j.train.parallel.NetworkAveraging;
import org.peft4j.train.parallel.Ring;
import org.peft4j.train.parallel.Workers;

class LocalStepsTest {
  private static final double RATE = 0.7;
  private static final double MOMENTUM = 0.9;

  /** Worker i moves by −(i + 1)·(k + 1) in step k: the means are known. */
  @Test
  void theMeanChangeIsAGradientForNesterovsMomentum() {
    List<double[]> all =
        Ring.of(
            3,
            workers -> {
              INDArray values = Nd4j.createFromArray(1.0, -2.0).reshape(1, 2);
              try (LocalSteps steps = new LocalSteps(workers, values, 2, RATE, MOMENTUM)) {
                for (int step = 0; step < 6; step++) {
                  values.subi((workers.rank() + 1) * (step + 1));
                  steps.afterUpdate(step);
                }
              }
              return values.toDoubleVector();
            });

    double velocity = 0;
    double value = 1;
    for (int step = 0; step < 6; step += 2) {
      double change = 2 * (step + 1 + step + 2); // The mean of 1, 2 and 3 is 2.
      velocity = MOMENTUM * velocity + change;
      value -= RATE * (change + MOMENTUM * velocity);
    }
    for (double[] own : all) {
      assertThat(own).containsExactly(new double[] {value, value - 3}, within(1e-9));
    }
  }

  @Test
  void atAMeetingAllWorkersHaveTheSameAdapter() {
    List<float[]> all =
        Ring.of(
            2,
            workers -> {
              try (TinyTraining tiny = new TinyTraining()) {
                FineTuner.builder(tiny.model, TinyTraining.data(7, workers.rank()))
                    .settings(TinyTraining.settings().steps(6).build())
                    .hook(
                        () ->
                            new LocalSteps(
                                workers, tiny.model.network().params(), 3, RATE, MOMENTUM))
                    .build()
                    .run();
                return tiny.parameters();
              }
            });

    assertThat(all.get(1)).isEqualTo(all.get(0));
  }

  @Test
  void whatIsNotAllowedIsRefused() {
    assertThatThrownBy(() -> new LocalSteps(Workers.alone(), Nd4j.zeros(1, 2), 0, 1, 1))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("every is 0, rate 1.0, momentum 1.0");
  }

  @Test
  void networksThatAverageAfterEachBatchOfPlainSgdAreAsOne() {
    INDArray features = Nd4j.rand(DataType.DOUBLE, 12, 4);
    INDArray labels = Nd4j.rand(DataType.DOUBLE, 12, 3);
    double[] one = fitted(Workers.alone(), features, labels, 6);

    List<double[]> all =
        Ring.of(
            3,
            workers -> {
              // Two rows of each batch of six.
              int[] own = {0, 1, 6, 7};
              Arrays.setAll(own, i -> new int[] {0, 1, 6, 7}[i] + 2 * workers.rank());
              return fitted(workers, rows(features, own), rows(labels, own), 2);
            });

    assertThat(all.get(0)).isNotEqualTo(start());
    for (double[] own : all) {
      assertThat(own).containsExactly(one, within(1e-12));
    }
  }

  private static INDArray rows(INDArray all, int... rows) {
    return all.get(NDArrayIndex.indices(Arrays.stream(rows).asLongStream().toArray()));
  }

  private static double[] start() {
    try (PeftModel<MultiLayerNetwork> model = wrapped()) {
      return model.network().params().toDoubleVector();
    }
  }

  private static double[] fitted(Workers workers, INDArray features, INDArray labels, int batch) {
    try (PeftModel<MultiLayerNetwork> model = wrapped()) {
      NetworkAveraging averaging = new NetworkAveraging(workers, 1);
      for (int epoch = 0; epoch < 3; epoch++) {
        averaging.fit(
            model.network(), new ViewIterator(new DataSet(features.dup(), labels.dup()), batch));
      }
      return model.network().params().toDoubleVector();
    }
  }

  private static PeftModel<MultiLayerNetwork> wrapped() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .list()
                .layer(new DenseLayer.Builder().name("a").nIn(4).nOut(5).build())
                .layer(
                    new OutputLayer.Builder(LossFunctions.LossFunction.MSE)
                        .name("b")
                        .nIn(5)
                        .nOut(3)
                        .build())
                .build());
    network.init();
    return Peft.wrap(network, LoraConfig.builder().rank(2).targetModules("a", "b").build(), 4);
  }
}
