package org.peft4j.ia3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftException;
import org.peft4j.PeftModel;

/** What users may rely on, for (IA)3 on Deeplearning4j's own layers. */
class Ia3PromisesTest {
  private static final int ROWS = 4;
  private static final int OUT = 3;

  private record Case(String name, InputType input, INDArray x, INDArray y, Layer... layers) {
    MultiLayerNetwork base() {
      var list =
          new NeuralNetConfiguration.Builder()
              .seed(5)
              .dataType(DataType.DOUBLE)
              .activation(Activation.TANH)
              .biasInit(0.1)
              .updater(new Adam(0.05))
              .list();
      for (Layer layer : layers) {
        list = list.layer(layer);
      }
      MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(input).build());
      network.init();
      return network;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static INDArray random(long... shape) {
    return Nd4j.rand(DataType.DOUBLE, shape).subi(0.5).muli(2);
  }

  private static INDArray classes(long... shape) {
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, shape);
    for (int row = 0; row < shape[0]; row++) {
      if (shape.length == 2) {
        labels.putScalar(row, row % OUT, 1);
      } else {
        for (int t = 0; t < shape[2]; t++) {
          labels.putScalar(new int[] {row, (row + t) % OUT, t}, 1);
        }
      }
    }
    return labels;
  }

  static Stream<Case> cases() {
    Nd4j.getRandom().setSeed(11);
    OutputLayer out =
        new OutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(OUT)
            .activation(Activation.SOFTMAX)
            .build();
    RnnOutputLayer steps =
        new RnnOutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(OUT)
            .activation(Activation.SOFTMAX)
            .build();
    return Stream.of(
        new Case(
            "dense",
            InputType.feedForward(5),
            random(ROWS, 5),
            classes(ROWS, OUT),
            new DenseLayer.Builder().name("layer").nOut(6).build(),
            out),
        new Case(
            "dense with layer norm",
            InputType.feedForward(5),
            random(ROWS, 5),
            classes(ROWS, OUT),
            new DenseLayer.Builder().name("layer").nOut(6).hasLayerNorm(true).build(),
            out),
        new Case(
            "lstm",
            InputType.recurrent(5),
            random(ROWS, 5, 3),
            classes(ROWS, OUT, 3),
            new LSTM.Builder().name("layer").nOut(6).build(),
            steps),
        new Case(
            "convolution",
            InputType.convolutional(5, 5, 2),
            random(ROWS, 2, 5, 5),
            classes(ROWS, OUT),
            new ConvolutionLayer.Builder(3, 3).name("layer").nOut(4).build(),
            out));
  }

  private static PeftModel<MultiLayerNetwork> wrap(MultiLayerNetwork base, boolean feedforward) {
    Ia3Config.Builder config = Ia3Config.builder().targetModules("layer", "out");
    return Peft.wrap(base, (feedforward ? config.feedforwardModules("layer") : config).build(), 3);
  }

  private static void disturb(PeftModel<?> model) {
    model.tensors("default").forEach((key, l) -> l.addi(random(l.shape()).muli(0.3)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wrappingChangesNothingAndTrainingOnlyVectors(Case network) {
    MultiLayerNetwork base = network.base();
    INDArray before = base.output(network.x()).dup();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = wrap(base, false);
    assertThat(model.network().output(network.x())).isEqualTo(before);
    DataSet data = new DataSet(network.x(), network.y());
    double loss = model.network().score(data);
    for (int i = 0; i < 20; i++) {
      model.network().fit(data);
    }
    assertThat(model.network().score(data)).isLessThan(loss);
    assertThat(base.params()).isEqualTo(frozen);
    try (var off = model.adaptersDisabled()) {
      assertThat(model.network().output(network.x())).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreCentralDifferences(Case network) {
    for (boolean feedforward : new boolean[] {false, true}) {
      PeftModel<MultiLayerNetwork> model = wrap(network.base(), feedforward);
      disturb(model);
      DataSet data = new DataSet(network.x(), network.y());
      MultiLayerNetwork wrapped = model.network();
      wrapped.setInput(network.x());
      wrapped.setLabels(network.y());
      wrapped.computeGradientAndScore();
      Map<String, INDArray> gradients = model.gradients("default");
      model
          .tensors("default")
          .forEach(
              (key, l) -> {
                INDArray gradient = at(gradients, key).dup();
                assertThat(gradient.amaxNumber().doubleValue()).as(key).isPositive();
                for (int i = 0; i < l.length(); i++) {
                  double value = l.getDouble(i);
                  l.putScalar(i, value + 1e-5);
                  double up = wrapped.score(data);
                  l.putScalar(i, value - 1e-5);
                  double down = wrapped.score(data);
                  l.putScalar(i, value);
                  // DL4J divides by the rows in its updater, so its gradients are sums.
                  double rows = network.x().size(0);
                  assertThat(gradient.getDouble(i) / rows)
                      .as("%s[%d]", key, i)
                      .isCloseTo((up - down) / 2e-5, within(1e-7));
                }
              });
    }
  }

  private static INDArray at(Map<String, INDArray> arrays, String key) {
    return java.util.Objects.requireNonNull(arrays.get(key));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergingIsTheSameAndIsUndone(Case network) {
    MultiLayerNetwork base = network.base();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = wrap(base, true);
    disturb(model);
    INDArray adapted = model.network().output(network.x()).dup();
    try (var merged = model.merged()) {
      close(model.network().output(network.x()), adapted);
    }
    assertThat(base.params()).isEqualTo(frozen);
    assertThat(model.network().output(network.x())).isEqualTo(adapted);
    close(model.mergeAndUnload().output(network.x()), adapted);
  }

  private static void close(INDArray actual, INDArray expected) {
    assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-12);
  }

  @Test
  void aSavedOneComesBack(@TempDir Path folder) {
    Case network = cases().findFirst().orElseThrow();
    MultiLayerNetwork base = network.base();
    PeftModel<MultiLayerNetwork> model = wrap(base, true);
    disturb(model);
    model.save(folder);
    PeftModel<MultiLayerNetwork> loaded = Peft.load(base, folder);
    assertThat(loaded.network().output(network.x())).isEqualTo(model.network().output(network.x()));
    assertThat(loaded.config("default")).isInstanceOf(Ia3Config.class);
  }

  @Test
  void feedForwardModulesMustBeTargets() {
    assertThatThrownBy(() -> Ia3Config.builder().targetModules("a").feedforwardModules("b").build())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("among target_modules");
  }
}
