package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.testing.NetworkSlopes;

/**
 * Auto-encoders that train whole, as saved modules: the supervised loss reaches their encoder, and
 * leaves what only pretraining reaches as it is.
 */
class AutoEncoderTest {
  private final Path folder;

  AutoEncoderTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static MultiLayerNetwork base(String sort) {
    Layer encoder =
        sort.equals("variational")
            ? new VariationalAutoencoder.Builder()
                .name("encoder")
                .nIn(4)
                .nOut(3)
                .encoderLayerSizes(5)
                .decoderLayerSizes(5)
                .build()
            : new AutoEncoder.Builder().name("encoder").nIn(4).nOut(3).build();
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(2)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .activation(Activation.TANH)
                .list()
                .layer(encoder)
                .layer(
                    new OutputLayer.Builder()
                        .name("out")
                        .nIn(3)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
    network.init();
    return network;
  }

  private static DataSet data() {
    Nd4j.getRandom().setSeed(6);
    INDArray labels = Nd4j.createFromArray(new double[][] {{1, 0}, {0, 1}, {1, 0}});
    return new DataSet(Nd4j.rand(DataType.DOUBLE, 3, 4), labels);
  }

  private static PeftModel<MultiLayerNetwork> wrapped(MultiLayerNetwork base) {
    return Peft.wrap(
        base, LoraConfig.builder().rank(1).targetModules("out").modulesToSave("encoder").build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"variational", "plain"})
  void gradientsAreSlopes(String sort) {
    PeftModel<MultiLayerNetwork> model = wrapped(base(sort));
    model.network().params().addi(0.1);
    NetworkSlopes.assertGradients(model.network(), data());
  }

  @ParameterizedTest
  @ValueSource(strings = {"variational", "plain"})
  void itTrainsMergesSavesAndLoads(String sort) {
    MultiLayerNetwork base = base(sort);
    PeftModel<MultiLayerNetwork> model = wrapped(base);
    Map<String, INDArray> before = copies(model);
    for (int i = 0; i < 3; i++) {
      model.network().fit(data());
    }
    INDArray x = data().getFeatures();
    INDArray expected = model.network().output(x).dup();

    assertThat(copies(model)).isNotEqualTo(before);
    assertThat(expected).isNotEqualTo(base.output(x));
    assertThat(model.mergeAndUnload().output(x).distance2(expected)).isLessThan(1e-9);
    model.save(folder);
    assertThat(Peft.load(base(sort), folder).network().output(x).distance2(expected))
        .isLessThan(1e-9);
  }

  private static Map<String, INDArray> copies(PeftModel<MultiLayerNetwork> model) {
    return model.adapter(Peft.DEFAULT_ADAPTER).tensors().entrySet().stream()
        .filter(e -> e.getKey().contains("encoder"))
        .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, e -> e.getValue().dup()));
  }
}
