package org.peft4j.transformers;

import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.testing.Slopes;

/**
 * Methods that Hugging Face PEFT cannot put on an encoder, and those that it can, have the
 * gradients of their losses: in double precision, with padding on either side.
 */
class EncoderMethodsTest {
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{4, 9, 17, 33, 5, 7}, {6, 4, 50, 8, 1, 1}});
  private static final INDArray RIGHT =
      Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 0, 0}});
  private static final INDArray LEFT =
      Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1, 1}, {0, 1, 1, 1, 1, 1}});
  private static final INDArray CLASSES = Nd4j.createFromArray(new int[][] {{2}, {0}});

  static Stream<PeftConfig> configs() {
    return Stream.of(
        LoraConfig.builder().targetAllLinear().rank(2).build(),
        Ia3Config.builder().build(),
        BottleneckConfig.houlsby().reductionFactor(4).build(),
        BottleneckConfig.parallel().reductionFactor(4).build(),
        PromptTuningConfig.builder().virtualTokens(2).build(),
        PrefixTuningConfig.builder().virtualTokens(2).projection(true).build());
  }

  static Stream<Arguments> cases() {
    return Stream.of("mpnet_sequence", "modernbert_sequence", "modernbert_bf16", "electra_sequence")
        .flatMap(base -> configs().map(config -> Arguments.of(base, config)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyGradientIsASlope(String name, PeftConfig config) {
    TransformerOptions options = TransformerOptions.defaults().withDataType(DataType.DOUBLE);
    for (INDArray mask : new INDArray[] {RIGHT, LEFT}) {
      try (TransformerModel base = Transformers.open(Golden.base(name), options);
          PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config, 3)) {
        ComputationGraph network = model.network();
        Nd4j.getRandom().setSeed(9);
        network.params().addi(Nd4j.randn(DataType.DOUBLE, network.params().shape()).muli(0.2));
        network.setInputs(IDS);
        network.setLabels(CLASSES);
        network.setLayerMaskArrays(new INDArray[] {mask}, null);
        network.computeGradientAndScore();
        INDArray gradient = network.getFlattenedGradients().dup();
        network.clearLayerMaskArrays();
        MultiDataSet data =
            new MultiDataSet(
                new INDArray[] {IDS}, new INDArray[] {CLASSES}, new INDArray[] {mask}, null);
        Slopes.assertGradient(network.params(), gradient, () -> network.score(data, false), 1e-6);
      }
    }
  }
}
